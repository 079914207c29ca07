#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# /dev/shm in containers: one that is too small, and one file shared by two containers.
# shellcheck source=tests/as_root.sh
. "$(dirname "$0")/../as_root.sh"
# shellcheck source=tests/cli/lib.sh disable=SC2016
. "$(dirname "$0")/lib.sh"
need unshare pgrep
unshare -m mount -t tmpfs -o size=1m none "$folder" 2>/dev/null || {
	echo 'skipped: no mount namespace may be made here, nor is there sudo without a password'
	exit 77
}
# small SIZE COMMAND: runs it with a /dev/shm of that size
small() { unshare -m sh -c "mount -t tmpfs -o size=$1 none /dev/shm && $2"; }
headway="'$BIN/headway'"

fails 'the default does not fit' 1 \
	"headway init: arena $HEADWAY_ARENA: no room: 32.0 MiB are needed, /dev/shm has 16.0 MiB free: make it smaller with 'headway init --bytes' or --slots" \
	small 16m "$headway init"
fails 'nor is it made by the first record' 1 'headway start: *32.0 MiB are needed, /dev/shm has 16.0 MiB free*' \
	small 16m "$headway start"
fails 'a size of one'\''s own does not fit' 1 'headway init: *17.0 MiB are needed, /dev/shm has 16.0 MiB free*' \
	small 16m "$headway init --bytes 17M"
fails 'many records do not' 1 'headway init: *no room: /dev/shm has 16.0 MiB free*' \
	small 16m "$headway init --slots 100000"
ok 'nothing is left behind' small 16m "$headway init 2>/dev/null; [ -z \"\$(ls -A /dev/shm)\" ]"
ok 'a smaller one fits, and works' small 16m \
	"$headway init --bytes 8M && id=\$($headway start job) && $headway finish \$id && $headway fsck"
ok 'what is reserved stays, in a /dev/shm that is filled' small 3m \
	"$headway init --bytes 1M --slots 64 --members 8 >/dev/null; cat /dev/zero >/dev/shm/fill 2>/dev/null
	for i in 1 2 3; do id=\$($headway start -m Long=\$(printf %20000s x)) && $headway finish \$id || exit 1; done
	$headway fsck"
fails 'and told where it is a folder' 1 "headway init: arena $folder/in/a: no room: 32.0 MiB are needed, $folder/in has 1.0 MiB free*" \
	unshare -m sh -c "mkdir -p '$folder/in' && mount -t tmpfs -o size=1m none '$folder/in' && $headway -a '$folder/in/a' init"

# Two containers: each has its own /dev/shm, and both have the same file mounted there.
headway init --slots 16 --bytes 1M >/dev/null
file=/dev/shm$HEADWAY_ARENA
container() { # COMMAND: runs with the arena and an otherwise empty /dev/shm
	unshare -m --pid --fork sh -c "box=\$(mktemp '$folder/box.XXXXXX') && mount --bind $file \"\$box\" &&
		mount -t tmpfs -o size=1m none /dev/shm && touch $file && mount --bind \"\$box\" $file &&
		mount -t proc none /proc && $1"
}
mkfifo "$folder/fifo"
container "exec $headway pipe --name inside <'$folder/fifo' >/dev/null" &
box=$!
exec 8>"$folder/fifo"
echo hello >&8
eventually 'what one does the other sees' eval '
	container "$headway dump -n inside" | holds ".done == 6 and .status == \"Running\""'
ok 'nobody is taken for dead' container "$headway reap"
is 'it still runs, and has nothing lost' 'Running true' "$(headway dump -n inside | jq -r '"\(.status) \(.owner.alive)"')"
last=$box
while child=$(pgrep -P "$last"); do last=$child; done # the shell, unshare, and what it runs
kill -KILL "$last"
wait $box 2>/dev/null
exec 8>&-
ok 'one that is killed' container "$headway reap"
is 'is lost for the other' 'Error true' "$(headway dump -n inside | jq -r '"\(.status) \(.lost)"')"
finish
