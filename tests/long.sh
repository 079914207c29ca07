#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs all long tests, one after the other, one or two hours in all: long.sh BUILD. Totals at the
# end.
set -u
cd "$(dirname "$0")/.." || exit 1
build=$1
passed=0 failed=0 skipped=0

run() { # COMMAND…
	local start code
	printf '\n== %s\n' "$*"
	start=$(date +%s)
	"$@"
	code=$?
	case $code in
	0) passed=$((passed + 1)) ;;
	77) skipped=$((skipped + 1)) ;;
	*) failed=$((failed + 1)) ;;
	esac
	printf '== exit %d after %d s: %s\n' $code $(($(date +%s) - start)) "$*"
}

run tests/lint.sh --all
run tests/model/run.sh
for program in tests/torture/*.c; do
	run "$build/${program%.c}" --long
done
run "$build/tests/proc/test_crash_rounds" 1000
run env LONG=1 "$build/tests/resource/races"
run env HEADWAY_TEST_ROUNDS=30 tests/cli/test_crash.sh
unit=()
for program in tests/unit/test_*.c; do
	unit+=("${build%/*}/asan/${program%.c}")
done
run env ASAN_OPTIONS=detect_leaks=1 tests/run.sh "${unit[@]}"
for program in tests/tsan/*.c; do
	run "${build%/*}/tsan/${program%.c}"
done
run "${build%/*}/weak/tests/weak/weak" --long
run env LONG=1 BIN="$build" bindings/python/tests/test_asan.sh
run tests/arch/aarch64.sh
run tests/http/soak.sh
run env BIN="$build" tests/http/axe.sh
run env BIN="$build" tests/fleet/cluster.sh 40
run env BIN="$build" tests/fleet/test_fleet_faults.sh long
[ -x tests/torture/mutants.sh ] && run tests/torture/mutants.sh
run env BIN="$build" tests/http/mutants.sh
run tests/fuzz/run.sh --runs "${FUZZ_RUNS:-10000000}"
run tests/fuzz/url/run.sh --seconds "${FUZZ_URL_SECONDS:-600}"
run tests/fuzz/view/run.sh --seconds "${FUZZ_URL_SECONDS:-600}"
run tests/http/package_tools.sh
run env BIN="$build" bindings/go/tests/test_go.sh
run packaging/test.sh

echo
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ $passed -gt 0 ]
