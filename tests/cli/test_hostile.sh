#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command with difficult input: ids of no record, arenas of other users, strange names,
# outputs that cannot be written, signals at random moments, thousands of records.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
need gcc
headway init --slots 64 --bytes 2M >/dev/null
arena=$HEADWAY_ARENA

# ---- ids
gone=$(headway start)
headway rm "$gone"
about() { # ID: the command lines that take one
	printf '%s\n' "message $1 a b" "add $1 1" "set $1 1" "results $1 1" "finish $1" "error $1 x" "wait $1" \
		"dump $1" "dump -w $1" "top --count 1 $1" "rm $1"
}
while read -r line; do
	# shellcheck disable=SC2086 # words
	fails "${line%% *} of a record that was removed" 1 "headway ${line%% *}: record $gone is gone*" headway $line
done < <(about "$gone")
live=$(headway start)
printf -v long 'a%.0s' {1..9999}
bad=("" x "${live}0" "${live:0:3}" "${live%?}g" "${live//-/}" " $live" "${live/-/_}" $'\e[2J' $'\xff\xfe' "$long")
for id in "${bad[@]}"; do
	status=$((1 + !${#id})) # an empty one is a usage error
	for command in dump rm wait finish top; do
		fails "$command of '${id:0:40}'" $status "headway $command: '*' is not a record id*" headway $command "$id"
	done
	fails "a parent '${id:0:40}'" $status "headway start: --parent: '*' is not a record id*" headway start --parent "$id"
done
view "${live^^}"
record_has 'upper case is the same id' '"status":"Running"' "\"id\":\"$live\""
fails 'an id of another arena' 1 'headway dump: record * is not in this arena' \
	headway dump "$(headway -a "$folder/other" init --slots 4 --bytes 1M >/dev/null; headway -a "$folder/other" start)"

# ---- arenas of others
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$folder"
	install -m 755 "$BIN/headway" "$folder/headway"
	as() { setpriv --reuid="$1" --regid="$1" --clear-groups "$folder/headway" "${@:2}"; }
	for line in 'dump' 'top --count 1' 'start' 'info' 'fsck' 'reap' "finish $live" "wait $live"; do
		# shellcheck disable=SC2086 # words
		fails "${line%% *} of root's arena" 1 "headway ${line%% *}: arena $arena: permission denied*" as 65534 $line
	done
	ok 'work is not stopped by that' as 65534 run true
	try as 65534 rm "$arena" --force
	is 'rm of it' 1 "$code"
	ok 'root can still use it' headway info
	export HEADWAY_ARENA=$arena-other
	as 65533 init --slots 16 --bytes 1M --mode 666 >/dev/null
	fails 'one of another user is not trusted, whatever its mode' 1 'headway dump: *permission denied*' as 65534 dump
	is 'root looks at it' 65533 "$(stat -c %u "/dev/shm$HEADWAY_ARENA")$(headway dump)"
	theirs=$(as 65533 start theirs)
	fails 'root does not write to it' 1 'headway reap: *belongs to user 65533*--any-owner' headway reap
	fails 'nor start anything there' 1 'headway start: *belongs to user 65533*' headway start
	fails 'nor remove a record' 1 'headway rm: *belongs to user 65533*--any-owner' headway rm "$theirs"
	ok 'a dry run only reads' headway reap --dry-run
	ok 'unless told to' headway reap --any-owner
	ok 'to remove a record as well' headway rm --any-owner "$theirs"
	fails 'which is gone' 1 'headway dump: record * is gone*' headway dump "$theirs"
	fails 'permissions count all the same' 1 'headway reap: *permission denied*' as 65534 -a "$arena" reap --any-owner
	headway rm "$HEADWAY_ARENA" --force
	HEADWAY_ARENA=$arena
fi

# ---- names
for name in $'/headway-\e[31m\nx-'$$ $'/headway-\xff\xfe-'$$ "/headway- '\"\$x;-$$" "/headway-%s%n-$$"; do
	ok "an arena called ${name@Q}" headway -a "$name" init --slots 4 --bytes 1M
	ok 'is used' headway -a "$name" start "$name"
	headway -a "$name" dump >>"$folder/names"
	ok 'and goes' headway -a "$name" rm --force
done
is 'and says its name' 4 "$(jq -s length "$folder/names")"
is 'none is left' 1 "$(find /dev/shm -name "headway*-$$" | wc -l)"
fails 'too long a name' 1 'headway init: *name too long*' headway -a "/${long:0:300}" init
for name in . .. / //; do
	try headway -a "$name" dump
	is "'$name' is no arena" 1 "$code"
done
fails 'a folder' 1 'headway dump: *' headway -a /dev/shm/ dump
fails 'a device' 1 'headway dump: arena /dev/null: *' headway -a /dev/null dump
ln -s "/dev/shm$arena" "$folder/link"
fails 'a link' 1 "headway dump: arena $folder/link: a symbolic link*" headway -a "$folder/link" dump

# ---- outputs
for line in 'completion bash' 'top --count 1' 'dump --schema' "wait --any $(id=$(headway start) &&
	headway finish "$id" && echo "$id")" 'start' 'fsck --json' 'info --json' 'reap --json'; do
	for to in /dev/full closed; do
		if [ $to = closed ]; then
			# shellcheck disable=SC2086 # words
			headway $line >&- 2>"$folder/err"
		else
			# shellcheck disable=SC2086 # words
			headway $line >$to 2>"$folder/err"
		fi
		is "$line to $to: exit status" 1 $?
		like "$line to $to: told" '*cannot write to standard output: *' "$(<"$folder/err")"
	done
done
head -c 100000 /dev/zero | headway pipe --name full >/dev/full 2>"$folder/err"
is 'pipe to a full disk' 1 $?
view -n full
record_has 'is an Error' '"status":"Error"'

# signals at random moments: the command is ended by the signal, or ends normally, and leaves
# nothing
for line in 'dump -w -i 10ms' 'top -i 100ms' "wait $live" 'run sleep 20' 'pipe' 'reap --every 10ms'; do
	for after in 0.001 0.004 0.016 0.06 0.2; do
		# timeout resets the signal that it sends to its default action in the command.
		# shellcheck disable=SC2086 # words
		timeout --foreground --preserve-status -k 10 -s INT $after \
			"$BIN/headway" $line <&"$silence" >/dev/null 2>&1
		like "SIGINT after $after s: $line" '@(0|130)' $?
	done
done
headway reap >/dev/null
is 'nobody is left' 0 "$(headway info --json 2>/dev/null | jq .members_alive)"
is 'what ran is in Error' '' "$(headway dump -s running | jq -r 'select(.name == "sleep" or .name == "pipe").id')"
ok 'the arena is whole' headway fsck
headway rm "$HEADWAY_ARENA" --force

# ---- thousands
headway init --slots 20000 --bytes 64M >/dev/null
cat >"$folder/many.c" <<'END'
#include <headway.h>
#include <stdio.h>
int main(void)
{
	struct headway_arena *arena;
	struct headway_record *record;
	int failed = headway_open(NULL, NULL, &arena);

	for (int i = 0; i < 10000 && !failed; i++) {
		char name[32];
		struct headway_spec spec = {
			.size = sizeof spec, .flags = HEADWAY_DETACHED, .name = name, .total = 10000};

		sprintf(name, "job %d", i);
		failed = headway_start(arena, &spec, &record) || headway_set(record, i);
		if (!failed && i % 2)
			failed = headway_finish(record);
		headway_release(record);
	}
	headway_close(arena);
	return failed != 0;
}
END
gcc -I "$here/../../lib" -o "$folder/many" "$folder/many.c" "$BIN/libheadway.a" -lpthread
ok 'ten thousand records' "$folder/many"
is 'dump' 10000 "$(headway dump | wc -l)"
is 'dump, sorted' 'job 9999' "$(headway dump -S -done -F name | sed -n '2s/ *$//p')"
is 'dump, filtered' 5000 "$(headway dump -s finished | wc -l)"
is 'dump as one array' 10000 "$(headway dump -f json | jq length)"
is 'top' 10000 "$(headway top --count 1 | wc -l)"
is 'info' '10000 5000' "$(headway info --json | jq -r '"\(.slots_used) \(.slots_running)"')"
is 'reap' 5000 "$(headway reap --ttl 1s --json | jq '.live')"
ok 'fsck' headway fsck
finish
