#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Updates and adds make no system call: a trace of a million shows none. Reads make only the checks
# whether an owner is alive (at most ten a second) and whether the arena was replaced (one a
# second).
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.sh"
need strace
calls=$BIN/tests/proc/test_fast_calls
[ -x "$calls" ] || {
	echo "skipped: no $calls (make check builds it)"
	exit 77
}
strace -o "$folder/trace" true 2>"$folder/err" || {
	echo "skipped: strace may not trace here: $(tail -n 1 "$folder/err")"
	exit 77
}

# between N: prints the system calls between the Nth getppid() and the next
between() {
	awk -v phase="$1" '/^getppid\(/ { n++; next } n == phase { sub(/\(.*/, ""); print }' "$folder/trace"
}

# at_most DESCRIPTION LIMIT NUMBER
at_most() {
	[ "$3" -le "$2" ]
	verdict $? "$1" "at most: $2" "got:     $3"
}

ok 'a million of each, traced' strace -o "$folder/trace" "$calls" 1000000
talk=$out
is 'the markers are there' 6 "$(grep -c '^getppid(' "$folder/trace")"
is 'messages and updates: no system call' '' "$(between 1 | sort | uniq -c)"
is 'counters: no system call' '' "$(between 2 | sort | uniq -c)"
is 'results: no system call' '' "$(between 3 | sort | uniq -c)"

# A check takes a few system calls; seconds are rounded up.
seconds() { echo "$talk" | awk -v phase="$1" '$1 == "seconds" && $2 == phase { print int($3) + 1 }'; }
at_most 'reads of a record without an owner: one look a second' $(($(seconds 4) * 6 + 6)) \
	"$(between 4 | wc -l)"
at_most 'reads of an owned record: ten looks a second' $(($(seconds 5) * 60 + 6)) "$(between 5 | wc -l)"
finish
