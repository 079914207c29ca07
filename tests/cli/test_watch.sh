#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway watch and run --watch: the progress of programs by the positions of their files.
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "${0%/*}/lib.sh"

headway init --slots 64 --bytes 2M >/dev/null
mib=1048576
truncate -s 64M "$folder/big"
truncate -s 8M "$folder/small"
mkfifo "$folder/sink" "$folder/sink2"
exec 8<>"$folder/sink" # nobody reads it: whoever writes to it stops when it is full

# subject COMMAND...: a process of its own; its pid is in $pid. Until its exec it has this shell's descriptors.
subject() {
	"$@" 2>/dev/null 8>&- 9>&- &
	pid=$!
	while cmp -s "/proc/$pid/cmdline" "/proc/$BASHPID/cmdline"; do sleep 0.01; done
}
# watch ARGUMENTS...: of $pid; waits until the record has seen a file.
watch() {
	rm -f "$folder/ids"
	headway watch --interval 50ms "$@" "$pid" >"$folder/ids" 2>"$folder/err" &
	watcher=$!
	until [ -s "$folder/ids" ] && id=$(head -n 1 "$folder/ids") && [ "$(field "$id" '.counters.files > 0')" = true ]; do
		kill -0 $watcher 2>/dev/null || break
		sleep 0.05
	done
}
over() { # and the pipe is empty again
	kill -KILL "$pid"
	wait "$pid" "$watcher"
	dd "if=$folder/sink" of=/dev/null iflag=nonblock bs=1M
} 2>/dev/null
seen() { field "$id" '"\(.done) \(.total) \(.counters.files)"'; }
await() { # EXPECTED: what is seen in the end
	for _ in {1..600}; do
		[ "$(seen)" = "$1" ] && break
		sleep 0.05
	done
	is "$2" "$1" "$(seen)"
}

# ---- a reader, step by step: a command reads from the descriptor that its shell holds
: >"$folder/steps"
reader='exec 3<"$0/big"; head -c 1M <&3 >/dev/null; n=0
while :; do
	while read -r step; do n=$((n + 1)); eval "$step"; done < <(tail -n +$((n + 1)) "$0/steps")
	sleep 0.05
done'
subject bash -c "$reader" "$folder" >/dev/null
watch --name 'my reader'
is 'its name' 'my reader bytes' "$(field "$id" '.name + " " + .unit')"
await "$mib $((64 * mib)) 1" "at the beginning"
is 'its file' "$folder/big" "$(field "$id" '.messages[] | select(.key == "File").value')"
is 'its process' "$pid true" "$(field "$id" '(.messages[] | select(.key == "Pid").value) + " \(.owner == null)"')"
echo 'head -c 15M <&3 >/dev/null' >>"$folder/steps"
await "$((16 * mib)) $((64 * mib)) 1" 'a quarter'
truncate -s 96M "$folder/big"
await "$((16 * mib)) $((96 * mib)) 1" 'the file grew'
echo 'exec 3<"$0/small"; head -c 2M <&3 >/dev/null' >>"$folder/steps"
await "$((98 * mib)) $((104 * mib)) 2" 'another file: the first counts as done'
echo 'exec 4>"$0/written"; head -c 3M /dev/zero >&4' >>"$folder/steps"
for _ in {1..600}; do [ "$(field "$id" .counters.written)" = $((3 * mib)) ] && break; sleep 0.05; done
is 'what is written is apart' "$((98 * mib)) $((3 * mib))" "$(field "$id" '"\(.counters.read) \(.counters.written)"')"
kill -KILL "$pid"
wait "$watcher"
is 'ends with the process' '0 Finished' "$? $(field "$id" .status)"
truncate -s 64M "$folder/big"

# ---- a writer alone has no total
subject bash -c 'exec 3>"$0/only"; head -c 5M /dev/zero >&3; while :; do sleep 0.05; done' "$folder" >/dev/null
watch
await "$((5 * mib)) 0 1" 'a writer'
over

# ---- a log on standard output or standard error is not what the work is about
# As the reader, without its file. The log is bigger than the files.
writer=${reader/exec 3<\"\$0\/big\"; head -c 1M <&3 >\/dev\/null; /}
file_of() { field "$id" '.messages[] | select(.key == "File").value'; }
: >"$folder/steps"
subject bash -c "$writer" "$folder" >"$folder/log"
echo 'head -c 4M /dev/zero' >"$folder/steps"
watch
await "$((4 * mib)) 0 1" 'nothing but standard output: that'
echo 'exec 3>"$0/only"; head -c 1M /dev/zero >&3' >>"$folder/steps"
await "$mib 0 1" 'a file of its own goes before standard output, which is bigger'
is 'it is the file' "$folder/only" "$(file_of)"
echo 'exec 3>&-; head -c 4M /dev/zero' >>"$folder/steps"
echo 'exec 3>"$0/second"; head -c 2M /dev/zero >&3' >>"$folder/steps"
await "$((3 * mib)) 0 2" 'nor does standard output count between two files'
echo 'exec 5<>"$0/big"; exec 3>&-; exec 3>"$0/third"; head -c 3M /dev/zero >&3' >>"$folder/steps"
await "$((6 * mib)) 0 3" 'nor does a bigger file at its beginning, as of a database'
over
: >"$folder/steps"
( subject bash -c "$writer" "$folder" >"$folder/both" 2>&1; echo "$pid" >"$folder/pid"; wait ) &
eventually 'it has a log' test -s "$folder/pid"
pid=$(<"$folder/pid")
echo 'head -c 4M /dev/zero; exec 3>>"$0/own.log"; head -c 2M /dev/zero >&3' >"$folder/steps"
watch
await "$((2 * mib)) 0 1" 'a file of standard error never counts'
echo 'exec 4>"$0/only"; head -c 1M /dev/zero >&4' >>"$folder/steps"
await "$mib 0 1" 'and one that is appended to only without others'
is 'it is the other one' "$folder/only" "$(file_of)"
over
truncate -s 1M "$folder/list"
echo 'exec 3<"$0/list"; head -c 8k <&3 >/dev/null' >"$folder/steps"
subject bash -c "$writer" "$folder" >/dev/null
watch
await "8192 $mib 1" 'a list of files'
echo 'exec 4<"$0/small"; head -c 1M <&4 >/dev/null' >>"$folder/steps"
await "$((2 * mib)) $((9 * mib)) 2" 'a file of the list'
echo 'exec 4<&-; head -c 8k <&3 >/dev/null' >>"$folder/steps"
await "$((8 * mib + 16384)) $((9 * mib)) 2" 'the list again: it counts once'
echo 'exec 4<"$0/small"; head -c 512K <&4 >/dev/null' >>"$folder/steps"
await "$((mib * 19 / 2)) $((17 * mib)) 3" 'a file from its beginning counts again'
over

# ---- programs as they are, stopped somewhere
position() { # PID FILE: the biggest position that any of its descriptors has in the file
	for fd in "/proc/$1/fd"/*; do
		[ "$(readlink "$fd")" = "$2" ] && sed -n 's/^pos:\t//p' "/proc/$1/fdinfo/${fd##*/}"
	done | sort -n | tail -n 1
}
stopped() { # NAME COMMAND...
	local name=$1
	shift
	command -v "$1" >/dev/null || return 0
	subject "$@"
	for _ in {1..5000}; do at=$(position "$pid" "$folder/big") && [ "${at:-0}" -gt 4096 ] && break; done
	kill -STOP "$pid"
	sleep 0.1
	watch
	is "$name" "$(position "$pid" "$folder/big") $((64 * mib)) $name" "$(field "$id" '"\(.done) \(.total) \(.name)"')"
	over
}
stopped cat cat "$folder/big" >"$folder/sink"
stopped gzip gzip -c "$folder/big" >"$folder/sink"
stopped xz xz -c "$folder/big" >"$folder/sink"
stopped dd dd "if=$folder/big" bs=16k >"$folder/sink" 2>/dev/null
stopped tar tar -cf - "$folder/big" >"$folder/sink"

# ---- children are followed
subject bash -c 'cat "$0/big"; exit 3' "$folder" >"$folder/sink"
watch
is 'the file of a child' "$folder/big" "$(field "$id" '.messages[] | select(.key == "File").value')"
child=$(pgrep -P "$pid" cat)
kill -KILL "$child"
wait "$watcher"
is 'all over' Finished "$(field "$id" .status)"

# ---- who is not there, or not ours
fails 'no such process' 1 'headway watch: there is no process 2147483647' headway watch 2147483647
fails 'no such name' 1 "headway watch: no process is called 'no-such-name'" headway watch no-such-name
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$folder"
	subject sleep 600
	until [ "$(<"/proc/$pid/comm")" = sleep ]; do pause 0.02; done # until then it is this shell
	try setpriv --reuid 65534 --regid 65534 --clear-groups "$BIN/headway" --arena "$folder/theirs" watch "$pid"
	mkdir -m 777 "$folder/open"
	try setpriv --reuid 65534 --regid 65534 --clear-groups "$BIN/headway" --arena "$folder/open/arena" watch "$pid"
	is 'permission' 1 "$code"
	like 'permission is said' "*process $pid (sleep) may not be looked at: Permission denied" "$err"
	kill "$pid"
	wait "$pid" 2>/dev/null
fi

# ---- several: one that is not there does not keep the others from being watched
mkdir "$folder/programs"
cp "$(type -P sleep)" "$folder/programs/twin-$$"
subject "$folder/programs/twin-$$" 600
first=$pid
subject "$folder/programs/twin-$$" 600
second=$pid
until [ "$(pgrep -xc twin-$$)" = 2 ]; do pause 0.02; done
# watched COUNT: true if there are that many records of the two
watched() { [ "$(headway dump | jq -s "[.[] | select(any(.messages[]; .key == \"Pid\" and (.value == \"$first\" or .value == \"$second\")))] | length")" = "$1" ]; }
headway watch --interval 50ms 2147483647 "$first" no-such-name "$second" >"$folder/ids" 2>"$folder/watch.err" &
watcher=$!
eventually 'the others are watched' watched 2
kill "$first"
wait "$first" 2>/dev/null
pause 0.2
ok 'until the last one ends' kill -0 $watcher
kill "$second"
wait "$second" 2>/dev/null
wait $watcher
is 'and the exit status tells that one is missing' 1 $?
is 'which' "headway watch: there is no process 2147483647
headway watch: no process is called 'no-such-name'" "$(<"$folder/watch.err")"
is 'the ids of given pids stand alone' 2 "$(grep -cxE '[0-9a-f-]{36}' "$folder/ids")"
is 'they are Finished' 'Finished Finished' "$(xargs "$BIN/headway" dump <"$folder/ids" | jq -r .status | xargs)"
fails 'an empty operand' 2 "headway watch: '' is no process: is a variable empty*" headway watch ''

# ---- several of a name
subject "$folder/programs/twin-$$" 600
first=$pid
subject "$folder/programs/twin-$$" 600
second=$pid
until [ "$(pgrep -xc twin-$$)" = 2 ]; do pause 0.02; done
headway watch --interval 50ms twin-$$ >"$folder/ids" &
watcher=$!
until [ "$(grep -c . "$folder/ids")" = 2 ]; do pause 0.05; done
kill "$first" "$second"
wait "$first" "$second" 2>/dev/null
wait $watcher
is 'all of them' 0 $?
while read -r id of name; do
	is 'the id, the pid and the name' "$of $name twin-$$" "$(field "$id" '(.messages[] | select(.key == "Pid").value) + " " + .name') twin-$$"
done <"$folder/ids"
is 'of both' "$(printf '%s\n' "$first" "$second" | sort)" "$(cut -d ' ' -f 2 "$folder/ids" | sort)"

# ---- ended by a signal
subject sleep 600
rm "$folder/ids"
headway watch --interval 50ms "$pid" >"$folder/ids" &
watcher=$!
until [ -s "$folder/ids" ]; do sleep 0.05; done
id=$(<"$folder/ids")
pkill -TERM -P "$watcher" 2>/dev/null || kill "$watcher"
wait "$watcher" 2>/dev/null
is 'no longer watched' 'Error no longer watched' \
	"$(field "$id" '.status + " " + (.messages[] | select(.key == "Error").value)')"
kill "$pid"
wait "$pid" 2>/dev/null

# ---- run --watch
headway run --watch --name ran cat "$folder/big" >"$folder/sink" &
until id=$(headway dump --name ran | jq -r .id) && [ -n "$id" ] && [ "$(field "$id" '.total > 0 and .done > 0')" = true ]; do sleep 0.05; done
is 'run --watch' "$((64 * mib)) bytes Running" "$(field "$id" '"\(.total) \(.unit) \(.status)"')"
headway cancel --wait "$id" 2>/dev/null
wait $! 2>/dev/null
# A command that ends well has read all, also what it read since the last look.
ends() { # NAME COMMAND
	headway run --watch --name "$1" sh -c "$2" >"$folder/sink" &
	pid=$!
	until [ "$(headway dump --name "$1" | jq '.total > 0 and .done > 0')" = true ]; do sleep 0.05; done
	cat <"$folder/sink" >/dev/null &
	wait $pid
	kill $!
}
ends well "cat '$folder/big'; true"
is 'an end that is well is all' "$((64 * mib)) Finished" "$(headway dump --name well | jq -r '"\(.done) \(.status)"')"
ends badly "head -c 30000000 '$folder/big'; false"
is 'another end is not' 'true Error' "$(headway dump --name badly | jq -r '"\(.done <= 30000000) \(.status)"')"
headway run --watch --name logs sh -c 'exec 3>"$0/only"; head -c 1M /dev/zero >&3; head -c 4M /dev/zero; read x <"$0/sink2"' "$folder" >"$folder/log" &
eventually 'run --watch: the log is not the work' eval '[ "$(headway dump --name logs | jq .done)" = $mib ]'
is 'run --watch: the file' "$folder/only" "$(headway dump --name logs | jq -r '.messages[] | select(.key == "File").value')"
echo >"$folder/sink2"
wait $!
fails 'not with --lines' 2 '*--watch excludes*' headway run --watch --lines true

finish
