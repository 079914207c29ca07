#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a call costs in Go, in CPU time of the thread, beside the same state in this process alone, under a
# mutex, which nobody else sees: the benchmarks of the packages, a round each time they run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
for package in headway progress; do
	[ -x "$BIN/bindings/go/$package.test" ] ||
		{ echo 'SKIP Go: its tests are not built, which needs golang-go'; exit 0; }
done
smoke=${BENCH_SMOKE:-} rounds=${BENCH_ROUNDS:-9} time=60ms
[ -z "$smoke" ] || rounds=1 time=1ms
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
# shellcheck source=bench/figures.sh
. "$here/figures.sh"
for ((round = 0; round < rounds; round++)); do
	for package in headway progress; do
		"$BIN/bindings/go/$package.test" -test.run '^$' -test.bench . -test.benchtime "$time" >"$dir/out" || exit 1
		awk -v dir="$dir" -v package=$package '/^Benchmark/ {
			sub(/^Benchmark/, "", $1); sub(/-[0-9]+$/, "", $1); sub("/", "-", $1)
			for (i = 3; i < NF; i++) if ($(i + 1) == "cpu-ns/op") print $i >>(dir "/" package "-" $1)
		}' "$dir/out"
	done
done
figures go <<-Q || exit 1
	add ns 1 1 headway-Add-headway headway-Add-mutex a_mutex -
	message ns 1 1 headway-Message-headway headway-Message-mutex a_mutex -
	start,_five_messages,_finish ns 1 1 headway-Life-headway headway-Life-mutex a_mutex -
	progress,_message ns 1 1 progress-Message-record progress-Message-alone without_a_record -
Q
