#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs a command in a control group of its own (cgroup2): in_group.sh NAME COMMAND…, and passes its
# exit code on. At the end all processes left in the group are killed. Exit code 1 if the group
# cannot be made.
set -u
mounted=$(mktemp -d) || exit 1
name=$1
shift
unshare --mount --propagation private bash -s "$mounted" "$name" "$@" <<-'B'
	mounted=$1 name=$2
	shift 2
	mount -t cgroup2 cgroup2 "$mounted" && mkdir "$mounted/$name" || exit 1
	(echo "$BASHPID" >"$mounted/$name/cgroup.procs" && exec "$@" </dev/null)
	code=$?
	echo 1 >"$mounted/$name/cgroup.kill"
	for ((i = 0; i < 100; i++)); do
		find "$mounted/$name" -depth -type d -exec rmdir {} + 2>/dev/null
		[ -e "$mounted/$name" ] || break
		sleep 0.1
	done
	exit "$code"
B
code=$?
rmdir "$mounted"
exit "$code"
