#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run test programs and scripts, one more at once than there are processors; a line each, the totals last.
# Exit code of a test: 0 passed, 77 skipped, anything else failed.  Criterion programs count by test.
# TEST_LIMIT seconds a test (300), TEST_JOBS at once.
# Leaks are for the long run, unless ASAN_OPTIONS says otherwise: looking for them at the end of each of
# hundreds of processes takes as long as the tests, and Criterion does not count what is found.
set -u
limit=${TEST_LIMIT:-300}
jobs=${TEST_JOBS:-$(($(nproc) + 1))} # one of them always waits
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=0}
logs=$(mktemp -d) || exit 1
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$logs"' EXIT
trap 'exit 130' INT TERM

# Totals of a Criterion program's closing line into $passed and $failed; fails when there is none.
count_criterion() { # LOG
	local line tested passing
	line=$(grep -a 'Synthesis: Tested:' "$1" | tail -n 1 | sed 's/\x1b\[[0-9;]*m//g')
	[[ $line =~ Tested:\ ([0-9]+).*Passing:\ ([0-9]+) ]] || return 1
	tested=${BASH_REMATCH[1]} passing=${BASH_REMATCH[2]}
	passed=$passing failed=$((tested - passing))
	[ "$tested" -gt 0 ]
}

run_one() { # NUMBER TEST: leaves a log, and the totals in a file of their own when it is done
	local log=$logs/$1.log test=$2 code start took verdict passed=0 failed=0 skipped=0
	start=$(date +%s%N)
	timeout -k 10 "$limit" "$test" >"$log" 2>&1 </dev/null
	code=$?
	took=$((($(date +%s%N) - start) / 1000000))
	if [[ $test == */unit/test_* ]]; then
		if ! count_criterion "$log"; then failed=1; fi
		if grep -qa 'ERROR: LeakSanitizer' "$log"; then code=1; fi
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
	{
		printf '%-4s %-52s %6d ms' "$verdict" "${test##*/build/}" "$took"
		[ $code -eq 124 ] && printf '  (time limit of %s s)' "$limit"
		printf '\n'
		case $verdict in
		FAIL) tail -n 60 "$log" | sed 's/^/     | /' ;;
		skip) tail -n 1 "$log" | sed 's/^/     | /' ;;
		pass) grep -a '^RESULT\|^NOTE' "$log" | sed 's/^/     | /' ;;
		esac
	} >"$log.out"
	cat "$log.out"
	echo "$passed $failed $skipped" >"$log.total"
}

number=0
for test in "$@"; do
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
	number=$((number + 1))
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
