#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# bench/run.sh makes one row of what the processes of a program printed: medians, and whether the target is met.
set -u
here=$(cd "$(dirname "$0")/../.." && pwd)
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
failures=0

expect() { # DESCRIPTION PATTERN: the table, or what else was printed, has a line like this
	grep -qE -- "$2" "$folder/out" && return
	failures=1
	printf 'FAILED: %s\n  no line like: %s\n' "$1" "$2"
	sed 's/^/  | /' "$folder/out"
}

# A program that counts its processes, and prints in each of them what the next line of "script" says.
cat >"$folder/bench_fake" <<'END'
#!/usr/bin/env bash
folder=${0%/*}
number=$(($(cat "$folder/number" 2>/dev/null || echo 0) + 1))
echo $number >"$folder/number"
read -r figure beside ratio sense longest code <<<"$(sed -n ${number}p "$folder/script")"
result() { # WHAT HEADWAY OTHER OTHER_VALUE RATIO SENSE TARGET: the fields in the order of report.c
	echo "RESULT case=3 what=$1 unit=ns headway=$2 other=$3 other_value=$4 ratio=$5 sense=$6 spread=0..99 target=$7 met=yes" \
		"rounds=$BENCH_ROUNDS disturbed=1"
}
echo "SKIP 3 a peer: not installed"
result message "$figure" mutex "$beside" "$ratio" times 'times<=1'
result message "$figure" Go "$beside" 4.00 faster 'faster>=4.5'
result message "$figure" floor "$beside" "$ratio" "$sense" -
result message "$figure" - - - - '<=50'
result the_longest "$longest" mutex 100 1.00 times -
exit $code
END
chmod +x "$folder/bench_fake"

run() { # PROCESS...: each a line of the script
	rm -f "$folder/number" "$folder/results"
	printf '%s\n' "$@" >"$folder/script"
	env -u BENCH_SMOKE BENCH_ROUNDS=10 BENCH_PROCESSES=$# "$here/bench/run.sh" "$folder/bench_fake" >"$folder/out" 2>&1
	code=$?
}

run '40 50 0.8 times 200 0' '70 50 1.4 times 900 0' '48 50 0.96 times 300 0' '30 50 0.6 faster 100 0' '49 50 0.98 times 50 0'
[ $code = 0 ] || { failures=1 && echo "FAILED: exit code $code"; }
expect 'the medians of ratio and figures, and the target within the spread' \
	'^\| 3 \| message \| 48 ns \| mutex \| 50 ns \| 0\.96 × \| 0\.6 to 1\.4 \| ≤ 1 × \| yes, on the limit \|$'
expect 'a target that all processes miss' \
	'^\| 3 \| message \| 48 ns \| Go \| 50 ns \| 4\.00 × faster \| 4\.00 to 4\.00 \| ≥ 4\.5 × faster \| \*\*no\*\* \|$'
expect 'one process says how much faster, the others how much slower' \
	'^\| 3 \| message \| 48 ns \| floor \| 50 ns \| 0\.98 × \| 0\.8 to 1\.67 \|  \|  \|$'
expect 'the spread of a figure that has no other beside it' '^\| 3 \| message \| 48 ns \|  \|  \|  \| 30 to 70 \| ≤ 50 ns \| yes, on the limit \|$'
expect 'the longest of all' '^\| 3 \| the longest \| 900 ns \| mutex \| 100 ns \| 9 × \|'
expect 'the sum' '^Targets: 2 met, 1 missed; 2 of these are on the limit: it lies within the spread\.$'
expect 'a peer that is missing, once' '^\| - \| not measured here: 3 a peer: not installed '
[ "$(grep -c 'not measured here' "$folder/out")" = 1 ] || { failures=1 && echo 'FAILED: a missing peer has several rows'; }
grep -q ' met=yes rounds=10 disturbed=5 processes=5$' "$folder/results" ||
	{ failures=1 && echo 'FAILED: the rounds are not divided among the processes' && cat "$folder/results"; }

run '40 50 0.8 times 200 0' '60 50 1.2 times 900 0'
expect 'the median of two' '^\| 3 \| message \| 50 ns \| mutex \| 50 ns \| 1 × \| 0\.8 to 1\.2 \| ≤ 1 × \| yes, on the limit \|$'

run '40 50 0.8 times 200 0' '60 50 1.2 times 900 3'
[ $code = 1 ] || { failures=1 && echo "FAILED: exit code $code after a failure"; }
expect 'a process that failed has a row' '^\| - \| not measured here: bench_fake: process 2 failed '
exit $failures
