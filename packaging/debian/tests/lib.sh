# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=sh
# Sourced by the tests of the installed packages: each test has a folder and an arena of its own, both
# removed at its end.
set -eu
work=$(mktemp -d "${AUTOPKGTEST_TMP:-${TMPDIR:-/tmp}}/headway.XXXXXX")
export HEADWAY_ARENA="/headway-installed-$$" LC_ALL=C.UTF-8 PATH="$PATH:/usr/sbin"
unset HEADWAY_PARENT
server=''
clean_up() {
	code=$?
	[ -z "$server" ] || { kill "$server" && wait "$server"; } 2>/dev/null || :
	rm -rf "$work" "/dev/shm$HEADWAY_ARENA"
	exit "$code"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

is() { # WHAT EXPECTED GOT
	[ "$2" = "$3" ] || { printf 'FAILED: %s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"; exit 1; }
	echo "ok: $1"
}

# await PATTERN FILE: waits up to a minute for a line of the file that matches
await() {
	for _ in $(seq 600); do
		! grep -q "$1" "$2" 2>/dev/null || return 0
		sleep 0.1
	done
	echo "FAILED: no '$1' in $2:"
	cat "$2"
	exit 1
}
