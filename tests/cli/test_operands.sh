#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Operands: abbreviated ids, names, sizes, misspelled words, and error messages that say what is
# wrong and what to do.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
root=$here/../..
headway init --slots 64 --bytes 2M >/dev/null

# ---- which record
a=$(headway start import)
headway start 'nightly backup' >/dev/null
ok 'a name stands for the id' headway add import 1
ok 'so does a name with blanks' headway set 'nightly backup' 7
for length in 36 35 20 12; do ok "so does the beginning, $length characters" headway add "${a:0:length}" 1; done
prefix=${a:0:12}
ok 'in upper case, too' headway message "${prefix^^}" Step one
view_has 'each was counted' "$a" '"done":5' '"value":"one"'
for command in 'message @ k v' 'results @ 1' 'top --count 1 @'; do
	for text in import "$prefix"; do
		# shellcheck disable=SC2086 # words
		ok "$command of $text" headway ${command/@/$text}
	done
done
for text in import "$prefix"; do
	view "$text"
	record_has "dump of $text" "\"id\":\"$a\""
	try headway wait -T 0 "$text"
	is "wait for $text" 124 "$code"
done
done_id=$(headway start over)
headway finish over
is 'dump --follow of a name' "$done_id" "$(headway dump --follow over | jq -r .id)"
child=$(headway start part --parent import)
view_has 'a parent by its name' "$child" "\"parent\":\"$a\""
is 'and for run' "$a" "$(headway run --parent import --name child true; headway dump -n child | jq -r .parent)"
is 'and for pipe' "$a" "$(headway pipe --parent "$prefix" --name piped <<<x >/dev/null; headway dump -n piped | jq -r .parent)"
headway start twin >/dev/null
twin=$(headway start twin)
fails 'two of a name' 2 "headway add: 'twin' stands for 2 records: *$twin*" headway add twin 1
fails 'a beginning of many' 2 "headway add: '${a:0:4}' stands for * records: *" headway add "${a:0:4}" 1
fails 'a short beginning' 1 "headway add: '${a:0:3}' is not a record id, nor the beginning of one (at least 4 digits), nor*" headway add "${a:0:3}" 1
fails 'nearly a name' 1 "headway add: 'imort' is not a record id*; did you mean 'import'?" headway add imort 1
for command in dump wait cancel finish 'top --count 1'; do
	# shellcheck disable=SC2086 # words
	fails "$command: a name that no record has" 1 "headway ${command%% *}: 'nope' is not a record id*the name of a record" headway $command nope
done

# ---- an empty operand, and rm
for line in 'add @ 1' 'set @ 1' 'finish @' 'error @ x' 'results @ 1' 'dump @' 'wait @' 'top @' 'rm @' 'rm --force @'; do
	words=()
	for word in $line; do words+=("${word/@/}"); done
	try headway "${words[@]}"
	is "$line: exit status" 2 "$code"
done
fails 'it is told why' 2 "headway rm: '' is not a record id: is a variable empty or not set?*" headway rm ''
id=''
# shellcheck disable=SC2086 # the common mistake
fails 'rm $id, not set' 2 "headway rm: no operand: 'headway rm $HEADWAY_ARENA' removes the arena*" headway rm $id
# shellcheck disable=SC2086
fails 'rm --force $id, not set' 2 'headway rm: no operand*' headway rm --force $id
ok 'the arena is still there' headway info
fails 'rm with Running records' 1 "headway rm: arena $HEADWAY_ARENA has 5 Running records: --force removes*" \
	headway rm "$HEADWAY_ARENA"
fails 'rm with Running records, --arena' 1 "headway rm: arena * has 5 Running records*" headway -a "$HEADWAY_ARENA" rm
fails '--force is for arenas' 2 'headway rm: --force is for arenas*' headway rm --force import
ok 'the record is still there' headway dump import
ok 'rm by a name' headway rm "$child"
fails 'both' 2 "headway rm: '/x': the arena was named with --arena: leave out one of the two *" headway rm -a "$HEADWAY_ARENA" /x
ok 'rm --force' headway rm "$HEADWAY_ARENA" --force
try headway info
is 'the arena is gone' 1 "$code"
headway init --slots 64 --bytes 2M >/dev/null
ok 'rm of an arena at rest' headway rm "$HEADWAY_ARENA"
headway init --slots 64 --bytes 2M >/dev/null
ok 'or with --arena' headway rm --arena "$HEADWAY_ARENA"
headway init --slots 64 --bytes 2M >/dev/null
fails 'a folder in place of an arena' 1 \
	"headway dump: no arena /etc: the name stands for /dev/shm/etc, not for /etc, which is there: name another with --arena" \
	headway dump -a /etc

# ---- amounts
a=$(headway start import --unit bytes --total 2G --counter skipped)
view_has 'start --total' "$a" '"total":2147483648'
headway set "$a" --total 1KB 2k
view_has 'set --total, set' "$a" '"done":2048' '"total":1000'
headway add "$a" 1M
view_has 'add' "$a" '"done":1050624'
headway run --total 3M --name sized true
is 'run --total' 3145728 "$(headway dump -n sized | jq .total)"
headway pipe --total 2k --lines --name sized-pipe <<<x >/dev/null
is 'pipe --total' 2048 "$(headway dump -n sized-pipe | jq .total)"
headway add --counter skipped "$a" 5
ok 'set --counter' headway set --counter skipped "$a" 3
view_has 'a counter can sink' "$a" '"skipped":3'
ok 'by its index' headway set --counter 0 "$a" 1k
view_has 'and rise' "$a" '"skipped":1024' '"done":1050624'
fails 'no such counter' 1 "headway set: the record has no counter 'skiped'; did you mean 'skipped'?" \
	headway set --counter skiped "$a" 1
fails 'a counter needs a value' 2 'headway set: --counter needs the operand N*' headway set --counter skipped "$a"
fails 'no amount' 2 "headway add: N: '1X' is not a number like 4096, 64M or 1GiB*" headway add "$a" 1X
fails 'too big' 2 "headway add: N: '17E' is too big*" headway add "$a" 17E

# ---- one letter means one thing in all commands
letters=$(for command in $(headway help | sed -n 's/^  \([a-z]*\)  .*/\1/p'); do
	headway "$command" --help | sed -nE 's/^  -(.), --([a-z-]+).*/\1 \2/p'
done | sort -u)
is 'there are letters' 1 $(($(wc -l <<<"$letters") > 15))
is 'each has one meaning' '' "$(cut -d ' ' -f 1 <<<"$letters" | uniq -d)"
is 'each word has one letter' '' "$(cut -d ' ' -f 2 <<<"$letters" | sort | uniq -d)"

# ---- the same filters and sort keys
keys() { # COMMAND: the list goes on in more lines, up to the next option
	headway "$1" --help | awk '/--sort/ { sort = 1 } keys && /^ +-/ { exit }
		sort && sub(/.*one of: /, "") { keys = 1 } keys { $1 = $1; printf "%s ", $0 }'
}
is 'dump and top sort by the same' "$(keys dump)" "$(keys top)"
served=$(grep -oE '\{"[a-z]+", by_' "$root/httpd/answer/order.c" | tr -dc 'a-z\n_' | sed 's/by_//' | sort)
is 'the HTTP reader sorts by the same' "$served" "$(keys dump | tr -d , | tr ' ' '\n' | sed '/^or$/d; /^$/d' | sort)"
for key in $(keys dump); do
	is "dump by $key, in reverse" "$(headway dump -S "$key" | jq -r .id | tac)" "$(headway dump -S "-$key" | jq -r .id)"
	is "top by $key is dump by $key" "$(headway dump -S "$key" | jq -r .id)" \
		"$(headway top --count 1 --flat -S "$key" | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')"
done
is 'the same names' "$(headway dump -n 'sized*' | jq -r .id | sort)" \
	"$(headway top --count 1 -n 'sized*' | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | sort)"
is 'the same statuses' "$(headway dump -s finished | jq -r .id | sort)" \
	"$(headway top --count 1 -s finished | grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | sort)"

# ---- did you mean
fails 'a command' 2 "headway: unknown command 'dmup'; did you mean 'dump'?*" headway dmup
fails 'help of one' 2 "headway help: unknown command 'finsh'; did you mean 'finish'?*" headway help finsh
fails 'an option' 2 "headway dump: unknown option '--fromat=json'; did you mean '--format'?*" headway dump --fromat=json
fails 'several options' 2 "headway dump: ambiguous option '--s': --status --sort --schema*" headway dump --s x
fails 'a value' 2 "headway dump: --status: 'runing' is not one of: *; did you mean 'running'?*" headway dump -s runing
fails 'a field' 2 "headway dump: --fields: there is no field 'mesage'; did you mean 'message'?*" headway dump -F mesage
fails 'nothing like it' 2 "headway: unknown command 'xyzzy' (see*" headway xyzzy

# ---- where JSON is wrong
wrong() { fails "results $1" 1 "headway results: the results are not one JSON value: $2: nothing was changed" headway results "$a" "$1"; }
wrong '{"a": [1, 2,]}' "a JSON value is expected at line 1, column 13, before ']}'"
wrong $'{"a":\n 1 "b": 2}' "',' or '}' is expected at line 2, column 4, before '\"b\": 2}'"
wrong '{"a": tru}' "true is expected at line 1, column 10, before '}'"
wrong '[1, "x' "they end where the closing '\"' of a string is expected (line 1, column 7)"
wrong '' 'they end where a JSON value is expected (line 1, column 1)'
wrong '{"n": 01}' "',' or '}' is expected at line 1, column 8, before '1}'"
wrong $'["\xc3("]' "valid UTF-8 is expected at line 1, column 4, before '(\"]'"
wrong '1 2' "nothing after the value is expected at line 1, column 3, before '2'"
wrong '["\q"]' "an escape like *n or *u00e9 is expected at line 1, column 4, before 'q\"]'"
try headway finish "$a" --results '{'
like 'finish --results' '*line 1, column 2*' "$err"
# Each text that the library refuses has a position in the message.
while read -r text; do
	try headway results "$a" "$text"
	is "refused: $text" 1 "$code"
	like "with a place: $text" '*line 1, column *' "$err"
done <<'END'
[
]
{]
{"a"}
{"a":}
{"a":1,}
{1:2}
[1 2]
-
1.
1e
+1
.5
nul
nullx
"\ud80"
"a
'a'
[1]]
END

# ---- HEADWAY_PARENT
other=$(headway -a "$folder/other" init --slots 4 --bytes 1M >/dev/null && headway -a "$folder/other" start)
for value in junk "$other"; do
	export HEADWAY_PARENT=$value
	try headway start orphan
	is "start with the parent $value" 0 "$code"
	like 'is told' "headway start: warning: HEADWAY_PARENT is '$value', *: the record has no parent" "$err"
	view_has 'has no parent' "$out" '"parent":null'
	try headway run --name "child-of-${value:0:4}" true
	like "run is told" "headway run: warning: HEADWAY_PARENT is '$value', *" "$err"
	is 'and runs' 0 "$code"
done
export HEADWAY_PARENT=$a
try headway start child
is 'a good one is not talked of' '' "$err"
unset HEADWAY_PARENT
fails 'a parent of another arena' 1 "headway start: --parent: record '$other' is not in this arena" \
	headway start --parent "$other"
try headway run --parent "$other" echo hello
is 'does not stop work' '0 hello' "$code $out"
like 'but is told' 'headway run: warning: the record has no parent: *' "$err"

# ---- messages that say what is wrong
fails 'a missing folder' 1 'headway info: arena /nowhere/x: there is no folder /nowhere' headway -a /nowhere/x info
fails 'to make one there' 1 'headway start: arena /nowhere/x: there is no folder /nowhere' headway -a /nowhere/x start
try headway init -a "/headway-few-$$" --bytes 1M --slots 5000
like 'too few bytes: how many suffice' 'headway init: 1048576 bytes are too few *: * bytes suffice*' "$err"
enough=$(grep -oE '[0-9]+ bytes suffice' <<<"$err")
ok 'they do' headway init -a "/headway-few-$$" --bytes "${enough%% *}" --slots 5000
headway rm "/headway-few-$$"
fails 'a page less does not' 1 '*too few*' headway init -a "/headway-few-$$" --bytes $((${enough%% *} - 4096)) --slots 5000
fails 'no such group' 1 'headway init: --group: there is no group nobody-has-this' \
	headway init -a "/headway-few-$$" --group nobody-has-this
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$folder"
	install -m 755 "$BIN/headway" "$folder/headway"
	as() { setpriv --reuid="$1" --regid="$1" --clear-groups "$folder/headway" -a "/headway-few-$$" "${@:2}"; }
	as 65533 init --slots 4 --bytes 1M --mode 644 >/dev/null
	for command in info 'rm --force' rm; do
		# shellcheck disable=SC2086 # words
		fails "$command of an untrusted one" 1 "headway ${command%% *}: arena *: permission denied: it belongs to user *, and only arenas of your own, of root*" \
			as 65532 $command
	done
	as 65533 rm
fi
finish
