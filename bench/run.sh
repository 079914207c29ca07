#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs bench programs one after the other, keeps their RESULT lines, prints the table at the end.
# run.sh PROGRAM…   The RESULT lines go to the file "results" beside the first program.
# BENCH_SMOKE=1: runs all at once, briefly, to check that they work and verify their results; no table.
# BENCH_LIMIT: time limit of a program in seconds (240). Exit code 1 when a program fails.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { echo "usage: run.sh PROGRAM..." >&2; exit 2; }
[ "${BENCH_SMOKE:-0}" = 0 ] && unset BENCH_SMOKE
BENCH_DIR=$(mktemp -d /dev/shm/headway-bench-XXXXXX) || exit 1
export BENCH_DIR
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$BENCH_DIR"' EXIT
trap 'exit 1' INT TERM
failed=0

run() { # PROGRAM: its output and exit code go to files with its name
	local name=$BENCH_DIR/${1##*/}
	timeout -k 5 "${BENCH_LIMIT:-240}" "$1" </dev/null >"$name.out" 2>"$name.err"
	echo $? >"$name.code"
}

report_failure() { # PROGRAM: prints why it failed, and sets failed
	local name=$BENCH_DIR/${1##*/} code
	code=$(cat "$name.code" 2>/dev/null || echo none)
	[ "$code" = 0 ] && return
	failed=1
	cat "$name.err" >&2
	[ "$code" = 124 ] && echo "${1##*/}: not done after ${BENCH_LIMIT:-240} s" >&2
	echo "FAIL ${1##*/}: exit code $code" >&2
}

smoke() {
	for program in "$@"; do run "$program" & done
	wait
	for program in "$@"; do
		name=$BENCH_DIR/${program##*/}
		grep '^SKIP' "$name.out"
		[ "$(cat "$name.code")" = 0 ] &&
			echo "ok   ${program##*/}: $(grep -c '^RESULT' "$name.out") results"
		report_failure "$program"
	done
}

# The machine in one line, for those who read the table elsewhere.
machine() {
	echo "MACHINE $(nproc) x $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), Linux $(uname -r)," \
		"$(cc --version | sed -n '1s/^\([a-z]*\).* \([0-9.]*\)$/\1 \2/p'), $(date -u +%Y-%m-%d)," \
		"load $(cut -d ' ' -f 1 /proc/loadavg) at the start"
}

if [ -n "${BENCH_SMOKE:-}" ]; then
	smoke "$@"
	exit $failed
fi
results=$(dirname "$1")/results
machine | tee "$results.new"
for program in "$@"; do
	name=$BENCH_DIR/${program##*/}
	run "$program"
	grep -E '^(SKIP|NOTE|RESULT)' "$name.out" | tee -a "$results.new"
	[ "$(cat "$name.code")" = 0 ] || echo "SKIP ${program##*/}: it failed" >>"$results.new"
	report_failure "$program"
done
sort -s -t = -k 2,2V "$results.new" >"$results" && rm "$results.new"
awk -f "$here/table.awk" "$results"
exit $failed
