#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs every benchmark briefly: they work, and verify their results.
set -u
cd "$(dirname "$0")/.." || exit 1
programs=(bench/bench_*.c)
programs=("${programs[@]%.c}")
BENCH_SMOKE=1 exec bench/run.sh "${programs[@]/#/$BIN/}" bench/bench_http.sh bench/bench_python.sh bench/bench_go.sh
