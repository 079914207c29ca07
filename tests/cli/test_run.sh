#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway run: passes the command's exit status on, and ends the record according to it.
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
last() { headway dump --sort -started | head -n 1 | jq -r "$1"; }
message() { last ".messages[] | select(.key == \"$1\").value"; }

headway init --slots 64 --bytes 2M >/dev/null
ok 'run' headway run -- true
is 'Finished' 'Finished true' "$(last '.status + " " + .name')"
is 'the command' true "$(message Command)"
is 'the exit status' 0 "$(message 'Exit status')"
like 'the time' '*.* s' "$(message 'User time')"
like 'the memory' '* KiB' "$(message 'Max memory')"
try headway run --name 'my job' sh -c 'echo data; echo talk >&2; exit 7' x --name y
is 'exit status passed on' 7 "$code"
is 'output passed on' 'data talk' "$out $err"
is 'Error' 'Error my job exit status 7: talk' "$(last .status) $(last .name) $(message Error)"
is 'the whole command' 'sh -c echo data; echo talk >&2; exit 7 x --name y' "$(message Command)"
try headway run sh -c 'kill -KILL $$'
is 'killed' 137 "$code"
is 'says so' 'killed by signal 9 (Killed)' "$(message Error)"
is 'and by what' 9 "$(message Signal)"
try headway run -- "$folder/nothing"
is 'not found' 127 "$code"
like 'not found: told' "headway run: $folder/nothing: No such file*" "$err"
like 'not found: recorded' "Error $folder/nothing: No such file*" "$(last .status) $(message Error)"
try headway run no-such-command-anywhere
is 'not in PATH' 127 "$code"
echo text >"$folder/text"
try headway run "$folder/text"
is 'not executable' 126 "$code"
printf 'exit 5' >"$folder/script"
chmod +x "$folder/script"
try headway run "$folder/script"
is 'a script without #!' 5 "$code"
fails 'no command' 2 'headway run: missing operand*' headway run --
fails 'an empty command' 2 "headway run: the command is '': is a variable empty*" headway run '' x
fails 'an unknown option' 2 "headway run: unknown option '--bogus'*" headway run --bogus true

headway run --unit files --total 3 -- sh -c '
	"$0" add "$HEADWAY_PARENT" 2
	"$0" message "$HEADWAY_PARENT" Step "half way"
	"$0" start child >/dev/null' "$BIN/headway"
run=$(headway dump | jq -r 'select(.name == "sh" and .done == 2).id')
is 'the command counts for its record' 'files 2 3 half way' \
	"$(field "$run" '"\(.unit) \(.done) \(.total) " + (.messages[] | select(.key == "Step").value)')"
is 'and what it starts is part of it' "$run" "$(headway dump -n child | jq -r .parent)"
(cd "$folder" && HEADWAY_ARENA='' "$BIN/headway" --arena ./arena init --slots 4 --bytes 1M >/dev/null)
is 'a relative arena is found from another folder' 1 "$(cd "$folder" && HEADWAY_ARENA='' \
	"$BIN/headway" --arena ./arena run sh -c 'cd /; "$0" add "$HEADWAY_PARENT" 1' "$BIN/headway" &&
	"$BIN/headway" --arena ./arena dump | jq .done)"

# --parse
script='printf "  5%%\\r 42.5%%\\rdone\\n"; echo talk >&2'
try headway run --name percent --parse percent sh -c "$script"
is 'parse: output passes through' "$(printf '  5%%\r 42.5%%\rdone')" "$out"
is 'parse: so do errors' talk "$err"
is 'parse: a percentage' '42 100' "$(last '"\(.done) \(.total)"')"
headway run --parse fraction sh -c 'echo "file 3 of 8, 4/9" >&2; exit 3'
is 'parse: the exit status is passed on' 3 $?
is 'parse: the last fraction, from errors' '4 9' "$(last '"\(.done) \(.total)"')"
headway run -P 'did ([0-9]+) in ([a-z]+) ([0-9]+)' printf 'did 7 in all 70' >/dev/null
is 'parse: an expression, a line without end' '7 70' "$(last '"\(.done) \(.total)"')"
headway run -P '([0-9]+)%' echo '99999999999999999999999999% x 18446744073709551616%' >/dev/null
is 'parse: numbers that are none change nothing' '0 0' "$(last '"\(.done) \(.total)"')"
head -c 1000000 /dev/urandom >"$folder/random"
is 'parse: bytes pass unchanged' "$(sha256sum <"$folder/random")" \
	"$(headway run -P percent cat "$folder/random" | sha256sum)"
fails 'parse: no expression' 2 "headway run: --parse: '(': *" headway run -P '(' true
fails 'parse: no group' 2 "headway run: --parse: 'x' has no group*" headway run -P x true
headway run -P percent yes 2>/dev/null | head -n 1 >/dev/null
is 'parse: a reader that goes away stops the command' 141 "${PIPESTATUS[0]}"

headway run --total 1000 --parse 'frame ([0-9]+)' printf 'frame 600\n' >/dev/null
is 'parse: one group counts up to --total' '600 1000' "$(last '"\(.done) \(.total)"')"
headway run --total 1000 --parse percent printf '60%%\n' >/dev/null
is 'parse: a percentage of --total' '600 1000' "$(last '"\(.done) \(.total)"')"
try headway run --parse 'frame ([0-9]+)' echo nothing of that
like 'parse: a pattern that finds nothing is told' "headway run: warning: --parse: 'frame (*' found no number in the output" "$err"
is 'parse: and that is no failure' '0 nothing of that' "$code $out"
try headway run --parse percent echo 5%
is 'parse: one that does is not' '' "$err"
numbers() { # DONE-TOTAL EXPRESSION TEXT OPTIONS...
	try headway run "${@:4}" -P "$2" printf '%s\n' "$3"
	is "parse: $2 on '$3'" "$1 " "$(last '"\(.done) \(.total)"') $err"
}
numbers '55 100' '([0-9.]+)%' 55.5%
numbers '555 1000' percent 55.5% --total 1000
numbers '1500 3000' '([0-9,]+) of ([0-9,]+)' '1,500 of 3,000'
numbers '1234567 2000000' fraction 1,234,567/2,000,000
numbers '1500 3000' '([0-9.]+) of ([0-9.]+)' '1.5 of 3.0'
numbers '2000 3000' '([0-9.]+) of ([0-9.]+)' '1.25 of 3; 2 of 3'
numbers '1250 3000' fraction '1.25 / 3'
numbers '3 4' fraction '2 of 3, 3/4.'
numbers '7 9' '(foo|bar) ([0-9]+)/([0-9]+)( left)?' 'bar 7/9'
numbers '7 100' '(foo|bar) ([0-9]+)' 'foo 7'
numbers '42 100' '(([0-9]+)(\.[0-9]+)?)%' 42.5%
numbers '5 6' '([0-9.,]+)/([0-9]+)' '5/6 1.2.3/9 1,2/9 1,2345/9 99999999999999999999/9'
try headway run -P '([a-z]+)/([a-z]+)' echo nan/inf
like 'parse: a match without a number is told' "headway run: warning: --parse: '*' matched, but no group had a number*" "$err"

# A command that ends well
headway run --lines --total 5 seq 8 >/dev/null
is 'lines: what was counted' '8 5' "$(last '"\(.done) \(.total)"')"
script -qec "TERM=xterm '$BIN/headway' run --lines --total 5 seq 8" "$folder/typescript" >/dev/null </dev/null
like 'lines: more than the total' '*160%  8/5 lines*' "$(<"$folder/typescript")"

try headway run --lines --name lines printf 'a\nb\nc'
is 'lines: passed on' 'a b c' "${out//$'\n'/ }"
is 'lines: counted' '2 lines' "$(last '"\(.done) \(.unit)"')"
fails 'both' 2 'headway run: --parse and --lines exclude each other*' headway run --lines --parse percent true
fails 'nothing to parse' 2 'headway run: --direct leaves no output*' headway run --lines --direct true

# standard error
why() { last '.messages[] | select(.key == "Error").value'; }
try headway run sh -c 'echo 1 >&2; for i in 2 3 4 5 6; do echo line $i >&2; done; exit 22'
is 'errors pass' '1 line 2 line 3 line 4 line 5 line 6' "${err//$'\n'/ }"
is 'the last lines are kept' $'exit status 22: line 2\nline 3\nline 4\nline 5\nline 6' "$(why)"
headway run sh -c 'printf "10%%\r20%%\r\033[31mdisk\033[0m full\r\n\n" >&2; exit 1' 2>/dev/null
is 'without what was overwritten, colours, empty lines' 'exit status 1: disk full' "$(why)"
headway run curl -o "$folder/curl" http://127.0.0.1:1/ >/dev/null 2>&1
like "without curl's table" 'exit status 7: curl: (7) *' "$(why)"
headway run sh -c 'printf "\r   300,000 100%%   36.41MB/s    0:00:00 (xfr#1, to-chk=0/2)rsync error: some files (code 23)\n" >&2; exit 23' 2>/dev/null
is "without rsync's progress" 'exit status 23: rsync error: some files (code 23)' "$(why)"
headway run sh -c 'printf "\r 10%% full\n[2/5] FAILED: x.o\n\rmake: *** [x] Error 1\n" >&2; exit 2' 2>/dev/null
is 'with all else' $'exit status 2: \x2010% full\n[2/5] FAILED: x.o\nmake: *** [x] Error 1' "$(why)"
headway run sh -c 'printf %3000s x | tr " " y >&2; kill -TERM $$' 2>/dev/null
is 'a long line is cut' 433 "$(why | tr -d '\n' | wc -c)"
headway run --direct sh -c 'echo talk >&2; exit 4' 2>/dev/null
is '--direct keeps nothing' 'exit status 4' "$(why)"
headway run sh -c 'exit 4'
is 'nothing said' 'exit status 4' "$(why)"
headway run sh -c 'echo warning >&2' 2>/dev/null
is 'a success has no Error' '' "$(why)"
headway run sh -c 'for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo err $i >&2; done' >"$folder/both" 2>&1
is 'one file: the order is kept' "$(for i in 1 2 3 4 5 6 7 8 9; do echo "out $i"; echo "err $i"; done)" "$(<"$folder/both")"
head -c 3000000 /dev/urandom >"$folder/random"
is 'bytes pass unchanged' "$(sha256sum <"$folder/random")" \
	"$(headway run sh -c "cat '$folder/random' >&2" 2>&1 >/dev/null | sha256sum)"
# A process left behind by the command keeps its standard error; headway run does not wait for it.
mkfifo "$folder/go"
headway run sh -c "{ read x <'$folder/go'; echo late >&2; } & echo early >&2" 2>"$folder/late"
is 'the end of the command is the end' '0 early' "$? $(<"$folder/late")"
echo >"$folder/go"
eventually 'what it left behind still writes' contains late "$folder/late"

# signals
for signal in TERM INT HUP QUIT USR1; do # a shell's background processes ignore INT and QUIT
	env --default-signal=INT,QUIT "$BIN/headway" run --name "$signal" -- sh -c "
		trap 'kill \$child; exit 44' $signal
		sleep 600 & child=\$!
		touch '$folder/$signal'
		wait \$child" &
	pid=$!
	eventually "the command runs ($signal)" test -e "$folder/$signal"
	kill -$signal $pid
	wait $pid
	is "SIG$signal is handed on" 44 $?
done
(
	trap '' HUP
	exec "$BIN/headway" run --name nohup -- sh -c "touch '$folder/nohup'; while [ ! -e '$folder/sent' ]; do sleep 0.05; done"
) &
pid=$!
eventually 'the command runs' test -e "$folder/nohup"
kill -HUP $pid
: >"$folder/sent"
wait $pid
is 'a signal that the caller ignores changes nothing' 0 $?
"$BIN/headway" run --name killed -- sh -c "echo \$\$ >'$folder/killed.new'; mv '$folder/killed.new' '$folder/killed'; exec sleep 600" &
pid=$!
eventually 'the command runs' test -e "$folder/killed"
is 'its owner: the command, with the pid of run' "$pid sh true" \
	"$(headway dump -n killed | jq -r '.owner | "\(.pid) \(.command) \(.alive)"')"
is 'run itself keeps its name' headway "$(<"/proc/$pid/comm")"
kill -KILL $pid
wait $pid 2>/dev/null
kill "$(<"$folder/killed")" 2>/dev/null
headway reap >/dev/null
like 'run itself is killed' "Error owner died (pid $pid, sh)" "$(headway dump -n killed |
	jq -r '.status + " " + (.messages[] | select(.key == "Error").value)')"
script='yes 2>/dev/null | head -n 1 >/dev/null; echo "${PIPESTATUS[0]}"'
is 'the command finds SIGPIPE as it was' 141 "$(headway run bash -c "$script")"
is 'also when it was ignored' 1 "$(trap '' PIPE; headway run bash -c "$script")"

# progress never stops the work
try headway --arena /nowhere/x run echo hello
is 'no arena: the command runs' '0 hello' "$code $out"
like 'no arena: told' 'headway run: warning: progress is not recorded: *' "$err"
headway rm "$HEADWAY_ARENA" --force
headway init --slots 4 --bytes 1M --members 16 >/dev/null
for _ in 1 2 3 4; do headway start >/dev/null; done
try headway run sh -c 'echo hello; exit 3'
is 'a full arena: the command runs' '3 hello' "$code $out"
like 'a full arena: told' 'headway run: warning: progress is not recorded: *' "$err"
finish
