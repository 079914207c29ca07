#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a call costs in Go, beside the same state under a mutex of the process: the least CPU time of
# BENCH_ROUNDS (5) rounds, in turns, a line a call.
set -eu
BIN=${BIN:-$(dirname "$0")/../../../build/release}
rounds=${BENCH_ROUNDS:-5} time=${BENCH_TIME:-200ms}
for ((round = 0; round < rounds; round++)); do
	for program in headway progress; do
		"$BIN/bindings/go/$program.test" -test.run '^$' -test.bench . -test.benchtime "$time"
	done
done | awk '
	/^pkg:/ { package = $2 }
	/^Benchmark/ {
		sub(/^Benchmark/, "", $1); sub(/-[0-9]+$/, "", $1)
		name = package "/" $1
		for (i = 3; i < NF; i++) if ($(i + 1) == "cpu-ns/op") ns = $i
		if (!(name in least)) order[++n] = name
		if (!(name in least) || ns < least[name]) least[name] = ns
	}
	END { for (i = 1; i <= n; i++) printf "RESULT bench=go call=%s cpu_ns=%.1f\n", order[i], least[order[i]] }'
