#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Run bench programs one after the other, keep their RESULT lines, print the table at the end.
# run.sh PROGRAM…   The lines go to results beside the programs (results.smoke with BENCH_SMOKE=1).
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || { echo "usage: run.sh PROGRAM..." >&2; exit 2; }
results=$(dirname "$1")/results${BENCH_SMOKE:+.smoke}
BENCH_DIR=$(mktemp -d /dev/shm/headway-bench-XXXXXX) || exit 1
export BENCH_DIR
trap 'rm -rf "$BENCH_DIR"' EXIT
trap 'exit 1' INT TERM
failed=0
: >"$results.new"
for program in "$@"; do
	timeout -k 5 "${BENCH_LIMIT:-300}" "$program" </dev/null >"$BENCH_DIR/out" 2>"$BENCH_DIR/err"
	code=$?
	grep -E '^(SKIP|NOTE)' "$BENCH_DIR/out"
	if [ -z "${BENCH_SMOKE:-}" ]; then
		grep '^RESULT' "$BENCH_DIR/out"
	else
		printf '%-5s %s: %d results\n' "$([ $code -eq 0 ] && echo ok || echo FAIL)" \
			"$(basename "$program")" "$(grep -c '^RESULT' "$BENCH_DIR/out")"
	fi
	grep '^RESULT' "$BENCH_DIR/out" >>"$results.new"
	if [ $code -ne 0 ]; then
		failed=1
		cat "$BENCH_DIR/err" >&2
		echo "$(basename "$program"): exit code $code" >&2
	fi
done
mv "$results.new" "$results"
[ -n "${BENCH_SMOKE:-}" ] || awk -f "$here/table.awk" "$results"
exit $failed
