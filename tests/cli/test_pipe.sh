#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway pipe: what comes out is what went in, counted, whichever way it is copied.
# shellcheck source=tests/cli/lib.sh disable=SC2002
. "$(dirname "$0")/lib.sh"
last() { headway dump --sort -started | head -n 1 | jq -r "$1"; }
error() { last '.messages[] | select(.key == "Error").value'; }

headway init --slots 64 --bytes 2M >/dev/null
head -c 5000001 /dev/urandom >"$folder/data"
size=5000001
sum=$(sha256sum <"$folder/data")
headway pipe <"$folder/data" >"$folder/out"
is 'file to file' "$sum" "$(sha256sum <"$folder/out")"
is 'counted' "Finished pipe bytes $size $size" "$(last '"\(.status) \(.name) \(.unit) \(.done) \(.total)"')"
is 'file to pipe' "$sum" "$(headway pipe <"$folder/data" | sha256sum)"
is 'counted, with the total' "$size $size" "$(last '"\(.done) \(.total)"')"
is 'pipe to pipe' "$sum" "$(cat "$folder/data" | headway pipe --name x | sha256sum)"
is 'counted, total unknown' "x $size 0" "$(last '"\(.name) \(.done) \(.total)"')"
cat "$folder/data" | headway pipe --total 5M >"$folder/out"
is 'pipe to file' "$sum" "$(sha256sum <"$folder/out")"
is 'the total that was given' 5242880 "$(last .total)"
echo start >"$folder/out"
headway pipe <"$folder/data" >>"$folder/out"
is 'to the end of a file' "$(printf 'start\n' | cat - "$folder/data" | sha256sum)" "$(sha256sum <"$folder/out")"
is 'counted once' $size "$(last .done)"
is 'a file of /proc' "$(sha256sum </proc/version)" "$(headway pipe </proc/version | sha256sum)"
headway pipe </proc/version >"$folder/out"
is 'a file of /proc to a file' "$(sha256sum </proc/version)" "$(sha256sum <"$folder/out")"
(
	read -r -n 10 _
	headway pipe >"$folder/out"
) < <(printf '%0100d' 0)
is 'what was read before is not copied' 90 "$(stat -c %s "$folder/out")"
{ head -c 1000 >/dev/null; headway pipe; } <"$folder/data" >"$folder/out"
is 'the rest of a file' $((size - 1000)) "$(stat -c %s "$folder/out")"
is 'its total' $((size - 1000)) "$(last .total)"
headway pipe </dev/null >/dev/null
is 'nothing at all' 'Finished 0' "$(last '"\(.status) \(.done)"')"

# lines
seq 100000 >"$folder/lines"
headway pipe --lines --total 100000 <"$folder/lines" >"$folder/out"
is 'lines: copied' "$(sha256sum <"$folder/lines")" "$(sha256sum <"$folder/out")"
is 'lines: counted' 'lines 100000 100000' "$(last '"\(.unit) \(.done) \(.total)"')"
for length in 0 1 15 16 17 31 4079 4080 4081 4095 4096 8159 8160 8161; do
	{ head -c $length /dev/zero | tr '\0' '\n'; printf 'no end'; } >"$folder/lines"
	headway pipe -l <"$folder/lines" >/dev/null
	is "$length lines" $length "$(last .done)"
done
head -c 300000 "$folder/data" | headway pipe -l >/dev/null
is 'lines of random bytes' "$(head -c 300000 "$folder/data" | wc -l)" "$(last .done)"

# failures
try headway pipe <"$folder" >/dev/null
fails 'reading fails' 1 'headway pipe: cannot read standard input: Is a directory' headway pipe <"$folder"
is 'reading fails: recorded' 'Error cannot read standard input: Is a directory' "$(last .status) $(error)"
headway pipe <"$folder/data" >/dev/full 2>"$folder/err"
is 'writing fails' 1 $?
is 'writing fails: recorded' 'Error cannot write to standard output: No space left on device' \
	"$(last .status) $(error)"
yes | headway pipe 2>"$folder/err" | head -n 1 >/dev/null
is 'the reader goes away: ends as cat does' 141 "${PIPESTATUS[1]}"
is 'the reader goes away: nothing to say' '' "$(cat "$folder/err")"
is 'the reader goes away: recorded' 'Error cannot write to standard output: Broken pipe' \
	"$(last .status) $(error)"
headway pipe <&- >/dev/null 2>&1
is 'no input' 1 $?
echo x >"$folder/self"
fails 'onto itself' 1 'headway pipe: standard input and output are the same file' \
	sh -c "\"$BIN/headway\" pipe <'$folder/self' >>'$folder/self'"
fails 'an operand' 2 "headway pipe: 'x' is one operand too many*" headway pipe x

# signals, while it waits for data
mkfifo "$folder/in"
for signal in TERM HUP; do
	"$BIN/headway" pipe --name $signal <"$folder/in" >/dev/null &
	pid=$!
	exec 9>"$folder/in"
	eventually "copying ($signal)" eval "headway dump -n $signal | grep -q Running"
	kill -$signal $pid
	wait $pid 2>/dev/null
	code=$?
	is "dies by SIG$signal" $((128 + $(kill -l $signal))) $code
	like "SIG$signal is recorded" "Error ended by signal $(kill -l $signal) (*" \
		"$(last .status) $(error)"
	exec 9>&-
done
"$BIN/headway" pipe --name killed <"$folder/in" >/dev/null &
pid=$!
exec 9>"$folder/in"
echo hello >&9
eventually 'copying' eval "headway dump -n killed | holds '.done == 6'"
kill -KILL $pid
wait $pid 2>/dev/null
exec 9>&-
headway reap >/dev/null
is 'killed' "Error owner died (pid $pid, headway) 6" "$(last .status) $(error) $(last .done)"

# progress never stops the work
is 'no arena: copied all the same' "$sum" "$(headway -a /nowhere/x pipe <"$folder/data" 2>"$folder/err" | sha256sum)"
like 'no arena: told' 'headway pipe: warning: progress is not recorded: *' "$(cat "$folder/err")"
finish
