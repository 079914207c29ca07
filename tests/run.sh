#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run test programs and scripts one after the other; a line each, the totals at the end.
# Exit code of a test: 0 passed, 77 skipped, anything else failed.  Criterion programs count by test.
set -u
limit=${TEST_LIMIT:-120}
passed=0 failed=0 skipped=0
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

count_criterion() { # adds the totals of a Criterion program's closing line; fails when there is none
	local line tested passing
	line=$(grep -a 'Synthesis: Tested:' "$log" | tail -n 1) || return 1
	line=$(printf '%s' "$line" | sed 's/\x1b\[[0-9;]*m//g')
	tested=$(printf '%s' "$line" | sed -E 's/.*Tested: ([0-9]+).*/\1/')
	passing=$(printf '%s' "$line" | sed -E 's/.*Passing: ([0-9]+).*/\1/')
	passed=$((passed + passing))
	failed=$((failed + tested - passing))
	[ "$tested" -gt 0 ]
}

for test in "$@"; do
	name=${test#build/}
	start=$(date +%s%N)
	timeout -k 10 "$limit" "$test" >"$log" 2>&1 </dev/null
	code=$?
	took=$((($(date +%s%N) - start) / 1000000))
	case $test in
	*/unit/test_*)
		if count_criterion && [ $code -eq 0 ]; then
			verdict=pass
		else
			verdict=FAIL
			[ $code -ne 0 ] && ! grep -aq 'Synthesis' "$log" && failed=$((failed + 1))
		fi ;;
	*)
		case $code in
		0) verdict=pass passed=$((passed + 1)) ;;
		77) verdict=skip skipped=$((skipped + 1)) ;;
		*) verdict=FAIL failed=$((failed + 1)) ;;
		esac ;;
	esac
	printf '%-4s %-48s %6d ms' "$verdict" "$name" "$took"
	[ $code -eq 124 ] && printf '  (time limit of %s s)' "$limit"
	printf '\n'
	case $verdict in
	FAIL) sed 's/^/     | /' "$log" | tail -n 60 ;;
	skip) tail -n 1 "$log" | sed 's/^/     | /' ;;
	pass) grep -a '^RESULT\|^NOTE' "$log" | sed 's/^/     | /' ;;
	esac
done
echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
