#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs bench programs one after the other, keeps their RESULT lines, prints the table at the end.
# run.sh PROGRAM…   The RESULT lines go to the file "results" beside the first program.
# Where code and data of a process lie is chance, and moves its figures by some percent; the machine has phases of
# minutes. So each program that is no script runs in several processes with a share of the rounds each, not one behind
# the other but all programs in turn, and merge.awk makes one line of theirs. Scripts start processes themselves, and
# bench_growth takes half a minute to lay out its million records, whose distance in memory is what it is about.
#
# BENCH_PROCESSES: how many (7). BENCH_ROUNDS, BENCH_TAIL: of all processes together (28, 1000000).
# BENCH_SMOKE=1: runs all at once, briefly, to check that they work and verify their results; no table.
# BENCH_LIMIT: time limit of a process in seconds (240). Exit code 1 when one fails.
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { echo "usage: run.sh PROGRAM..." >&2; exit 2; }
[ "${BENCH_SMOKE:-0}" = 0 ] && unset BENCH_SMOKE
BENCH_DIR=$(mktemp -d /dev/shm/headway-bench-XXXXXX) || exit 1
export BENCH_DIR
trap 'kill $(jobs -p) 2>/dev/null; wait; rm -rf "$BENCH_DIR"' EXIT
trap 'exit 1' INT TERM
failed=0

run() { # PROGRAM [NUMBER]: its output and exit code go to files with its name, and the number of the process
	local name=$BENCH_DIR/${1##*/}${2:+.$2}
	timeout -k 5 "${BENCH_LIMIT:-240}" "$1" </dev/null >"$name.out" 2>"$name.err"
	echo $? >"$name.code"
}

report_failure() { # PROGRAM [NUMBER]: prints why it failed, and sets failed; 1 if it did
	local name=$BENCH_DIR/${1##*/}${2:+.$2} code
	code=$(cat "$name.code" 2>/dev/null || echo none)
	[ "$code" = 0 ] && return
	failed=1
	cat "$name.err" >&2
	[ "$code" = 124 ] && echo "${1##*/}: not done after ${BENCH_LIMIT:-240} s" >&2
	echo "FAIL ${1##*/}: exit code $code" >&2
	return 1
}

share() { # TOTAL: what each process has of it; the program complains of what is no number
	[[ $1 =~ ^[1-9][0-9]{0,8}$ ]] && echo $((($1 + processes - 1) / processes)) || echo "$1"
}

kept() { # FILE...: the lines that are kept
	grep -hE '^(SKIP|NOTE|RESULT)' "$@"
}

runs_once() { # PROGRAM
	[[ $1 == *.sh || ${1##*/} == bench_growth ]]
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
processes=${BENCH_PROCESSES:-7}
[[ $processes =~ ^[1-9][0-9]?$ ]] || { echo "BENCH_PROCESSES=$processes: a number from 1 to 99 is wanted" >&2; exit 2; }
results=$(dirname "$1")/results
machine | tee "$results.new"
for number in $(seq "$processes"); do
	for program in "$@"; do
		runs_once "$program" && continue
		echo "process $number of $processes: ${program##*/}"
		BENCH_ROUNDS=$(share "${BENCH_ROUNDS:-28}") BENCH_TAIL=$(share "${BENCH_TAIL:-1000000}") run "$program" "$number"
		report_failure "$program" "$number" || echo "SKIP ${program##*/}: process $number failed" >>"$results.new"
	done
done
for program in "$@"; do
	name=$BENCH_DIR/${program##*/}
	if runs_once "$program"; then
		run "$program"
		kept "$name.out" | tee -a "$results.new"
		report_failure "$program" || echo "SKIP ${program##*/}: it failed" >>"$results.new"
	else
		kept "$name".[0-9]*.out | awk -f "$here/field.awk" -f "$here/merge.awk" | tee -a "$results.new"
	fi
done
sort -s -t = -k 2,2V "$results.new" >"$results" && rm "$results.new"
awk -f "$here/field.awk" -f "$here/table.awk" "$results"
exit $failed
