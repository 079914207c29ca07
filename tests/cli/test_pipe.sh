#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway pipe: the output equals the input and is counted, for each method of copying.
# shellcheck source=tests/cli/lib.sh disable=SC2002
. "${0%/*}/lib.sh"
# last DESCRIPTION PART...: passes if the newest record contains the parts
last() {
	view --sort -started
	record_has "$@"
}
# counted DESCRIPTION DONE TOTAL: passes if the newest record has these counts
counted() { last "$1" "\"done\":$2,\"total\":$3,"; }
# failed DESCRIPTION MESSAGE: passes if the newest record is in Error with this message
failed() { last "$1" '"status":"Error"' "{\"key\":\"Error\",\"value\":\"$2\"}"; }
same() { # DESCRIPTION FILE FILE
	ok "$1" cmp "$2" "$3"
}

headway init --slots 64 --bytes 2M >/dev/null
head -c 5000001 /dev/urandom >"$folder/data"
size=5000001
headway pipe <"$folder/data" >"$folder/copy"
same 'file to file' "$folder/data" "$folder/copy"
last 'counted' '"status":"Finished"' "\"name\":\"pipe\",\"unit\":\"bytes\",\"done\":$size,\"total\":$size,"
headway pipe <"$folder/data" | cmp - "$folder/data"
is 'file to pipe' 0 $?
counted 'counted, with the total' $size $size
cat "$folder/data" | headway pipe --name x | cmp - "$folder/data"
is 'pipe to pipe' 0 $?
last 'counted, total unknown' '"name":"x"' "\"done\":$size,\"total\":0,"
cat "$folder/data" | headway pipe --total 5M >"$folder/copy"
same 'pipe to file' "$folder/data" "$folder/copy"
last 'the total that was given' '"total":5242880,'
echo start >"$folder/copy"
headway pipe <"$folder/data" >>"$folder/copy"
ok 'to the end of a file' cmp --ignore-initial=0:6 "$folder/data" "$folder/copy"
read -r line <"$folder/copy"
is 'after what was there' start "$line"
last 'counted once' "\"done\":$size,"
headway pipe </proc/version | cmp - /proc/version
is 'a file of /proc' 0 $?
headway pipe </proc/version >"$folder/copy"
same 'a file of /proc to a file' /proc/version "$folder/copy"
(
	read -r -n 10 _
	headway pipe >"$folder/copy"
) < <(printf '%0100d' 0)
is 'what was read before is not copied' 90 "$(stat -c %s "$folder/copy")"
{ head -c 1000 >/dev/null; headway pipe; } <"$folder/data" >"$folder/copy"
is 'the rest of a file' $((size - 1000)) "$(stat -c %s "$folder/copy")"
counted 'its total' $((size - 1000)) $((size - 1000))
headway pipe </dev/null >/dev/null
last 'nothing at all' '"status":"Finished"' '"done":0,'

# lines
seq 100000 >"$folder/lines"
headway pipe --lines --total 100000 <"$folder/lines" >"$folder/copy"
same 'lines: copied' "$folder/lines" "$folder/copy"
last 'lines: counted' '"unit":"lines","done":100000,"total":100000,'
printf -v newlines '%8161s' ''
newlines=${newlines// /$'\n'}
for length in 0 1 15 16 17 31 4079 4080 4081 4095 4096 8159 8160 8161; do
	printf '%s' "${newlines:0:length}" 'no end' >"$folder/lines"
	headway pipe -l <"$folder/lines" >/dev/null
	last "$length lines" "\"done\":$length,"
done
head -c 300000 "$folder/data" | headway pipe -l >/dev/null
last 'lines of random bytes' "\"done\":$(head -c 300000 "$folder/data" | wc -l),"

# failures
try headway pipe <"$folder" >/dev/null
fails 'reading fails' 1 'headway pipe: cannot read standard input: Is a directory' headway pipe <"$folder"
failed 'reading fails: recorded' 'cannot read standard input: Is a directory'
headway pipe <"$folder/data" >/dev/full 2>"$folder/err"
is 'writing fails' 1 $?
failed 'writing fails: recorded' 'cannot write to standard output: No space left on device'
yes | headway pipe 2>"$folder/err" | head -n 1 >/dev/null
is 'the reader goes away: ends as cat does' 141 "${PIPESTATUS[1]}"
is 'the reader goes away: nothing to say' '' "$(<"$folder/err")"
failed 'the reader goes away: recorded' 'cannot write to standard output: Broken pipe'
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
	eventually "copying ($signal)" in_view -n $signal '"status":"Running"'
	kill -$signal $pid
	wait $pid 2>/dev/null
	code=$?
	number=$(kill -l $signal)
	is "dies by SIG$signal" $((128 + number)) $code
	last "SIG$signal is recorded" '"status":"Error"' "{\"key\":\"Error\",\"value\":\"ended by signal $number ("
	exec 9>&-
done
"$BIN/headway" pipe --name killed <"$folder/in" >/dev/null &
pid=$!
exec 9>"$folder/in"
echo hello >&9
eventually 'copying' in_view -n killed '"done":6,'
kill -KILL $pid
wait $pid 2>/dev/null
exec 9>&-
headway reap >/dev/null
failed 'killed' "owner died (pid $pid, headway)"
record_has 'killed: what it had done' '"done":6,'

# progress never stops the work
headway -a /nowhere/x pipe <"$folder/data" 2>"$folder/talk" | cmp - "$folder/data"
is 'no arena: copied all the same' 0 $?
like 'no arena: told' 'headway pipe: warning: progress is not recorded: *' "$(<"$folder/talk")"
# ---- at a limited rate, and the size
begin=${EPOCHREALTIME/[.,]/}
head -c 100000 "$folder/data" | headway pipe -L 100K | cmp - <(head -c 100000 "$folder/data")
is 'limited: copied' 0 $?
is 'limited: not faster' 1 $((${EPOCHREALTIME/[.,]/} - begin >= 900000))
printf abc | headway pipe --rate-limit 1 >"$folder/copy"
is 'limited: a byte a second' abc "$(<"$folder/copy")"
headway pipe -L 1G <"$folder/data" >"$folder/copy"
same 'limited: from file to file' "$folder/data" "$folder/copy"
fails 'limited to nothing' 2 '*rate-limit*' headway pipe -L 0
headway pipe --size auto <"$folder/data" >/dev/null
counted '--size auto: of a file' $size $size
headway pipe --size 5M </dev/null >/dev/null
last '--size: given' '"total":5242880,'
printf x | headway pipe --size auto >/dev/null 2>"$folder/err"
like '--size auto: of nothing that has one' '*neither the input nor the output has a size*' "$(<"$folder/err")"
fails '--size of lines' 2 '*--lines needs --total*' headway pipe --size 5 --lines
fails '--size that is none' 2 '*--size*' headway pipe --size much
fails '--size and --total' 2 '*exclude each other*' headway pipe --size 5 --total 5

finish
