#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every bench for a moment: they run, and find right what they would time.
set -u
cd "$(dirname "$0")/.." || exit 1
programs=(bench/bench_*.c)
programs=("${programs[@]%.c}")
BENCH_SMOKE=1 exec bench/run.sh "${programs[@]/#/$BIN/}" bench/bench_http.sh
