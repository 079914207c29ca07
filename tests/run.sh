#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs test programs and scripts in parallel, one more than there are processors; prints a line for
# each and the totals. Exit code of a test: 0 passed, 77 skipped, anything else failed. The tests
# inside a Criterion program are counted one by one.
#
# Environment: TEST_LIMIT, seconds for a test (300); TEST_JOBS, tests in parallel; TEST_STREAM=1
# prints all output of a test as it comes.
#
# The locale is fixed, since Criterion translates the line that is parsed here;
# tests/cli/test_locale.sh tests others. Leaks are not checked unless ASAN_OPTIONS says so: the
# check at the end of each of hundreds of processes takes longer than the tests.
set -u
shopt -s extglob
export LC_ALL=C.UTF-8
unset LANGUAGE
limit=${TEST_LIMIT:-300}
jobs=$(($(nproc) + 1)) # one of them usually waits
# An arena takes 32 MiB if nothing else is said, and a test may have two: in a small /dev/shm, one at a time.
[ "$(($(stat -f -c '%b * %S' /dev/shm)))" -ge $((256 << 20)) ] || jobs=1
jobs=${TEST_JOBS:-$jobs}
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=0}
logs=$(mktemp -d) || exit 1
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# Sets $passed and $failed from the last line of a Criterion program; fails if there is none.
count_criterion() { # TEXT
	local line=${1##*Synthesis: Tested:}
	[ "$line" != "$1" ] || return 1
	line=${line//$'\e['*([0-9;])m/}
	[[ $line =~ ^\ *([0-9]+).*Passing:\ ([0-9]+) ]] || return 1
	passed=${BASH_REMATCH[2]} failed=$((BASH_REMATCH[1] - BASH_REMATCH[2]))
	[ "${BASH_REMATCH[1]}" -gt 0 ]
}

# Written in bash, since starting a process takes longer than most of the work here.
run_one() { # NUMBER TEST: leaves a log, and the totals in a file of their own when it is done
	local log=$logs/$1.log test=$2 code start took verdict text lines line told=() passed=0 failed=0 skipped=0
	start=${EPOCHREALTIME//[!0-9]/}
	if [ -n "${TEST_STREAM:-}" ]; then
		timeout -k 10 "$limit" "$test" 2>&1 </dev/null | tee "$log"
		code=${PIPESTATUS[0]}
	else
		timeout -k 10 "$limit" "$test" >"$log" 2>&1 </dev/null
		code=$?
	fi
	took=$(((${EPOCHREALTIME//[!0-9]/} - start) / 1000))
	{ text=$(<"$log"); } 2>/dev/null # NUL bytes are dropped
	if [[ $test == */unit/test_* ]]; then
		count_criterion "$text" || failed=1
		[[ $text != *'ERROR: LeakSanitizer'* ]] || code=1
		[ $code -ne 0 ] && [ $failed -eq 0 ] && failed=1
	else
		case $code in
		0) passed=1 ;;
		77) skipped=1 ;;
		*) failed=1 ;;
		esac
	fi
	verdict=pass
	[ $skipped -gt 0 ] && verdict=skip
	[ $failed -gt 0 ] && verdict=FAIL
	mapfile -t lines <<<"$text"
	case $verdict in
	FAIL) told=("${lines[@]: -60}") && [ ${#told[@]} -gt 0 ] || told=("${lines[@]}") ;;
	skip) told=("${lines[-1]}") ;;
	pass) for line in "${lines[@]}"; do [[ $line != RESULT* && $line != NOTE* ]] || told+=("$line"); done ;;
	esac
	printf -v line '%-4s %-52s %6d ms' "$verdict" "${test##*/build/}" "$took"
	[ $code -ne 124 ] || line+="  (time limit of $limit s)"
	if [ ${#told[@]} -eq 0 ] || [ -n "${TEST_STREAM:-}" ]; then
		printf '%s\n' "$line"
	else
		printf '%s\n' "$line" "${told[@]/#/     | }" >"$log.out"
		cat "$log.out" # in one piece
	fi
	echo "$passed $failed $skipped" >"$log.total"
}

number=0 running=0
for test in "$@"; do
	[ $running -lt "$jobs" ] || { wait -n; running=$((running - 1)); }
	number=$((number + 1)) running=$((running + 1))
	run_one $number "$test" &
done
wait

passed=0 failed=0 skipped=0
for total in "$logs"/*.total; do
	read -r p f s <"$total"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
failed=$((failed + number - $(find "$logs" -name '*.total' | wc -l)))
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
