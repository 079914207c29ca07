#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Forecasts are as good as they are meant to be: the table of errors on generated traces, and on the logs of
# builds of two projects that ninja makes here.
set -u
: "${BIN:?set BIN to the folder of the built programs}"
failures=0
"$BIN/tests/forecast/table" || failures=1

command -v ninja >/dev/null || {
	echo 'the builds are left out: no ninja (package ninja-build)'
	exit $failures
}
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
cd "$folder" || exit 1

# Two projects, whose steps last as long as they sleep, so that the load of the machine matters little.
# Compilations of different lengths, two libraries that wait for theirs, and a link at the end.
linked() {
	printf 'rule cc\n  command = sleep $time && touch $out\n'
	for i in {1..60}; do printf 'build o%d: cc\n  time = 0.%02d\n' "$i" $((i * 37 % 45 + 5)); done
	printf 'build a: cc |%s\n  time = 0.6\nbuild b: cc | a%s\n  time = 0.4\nbuild all: cc | a b\n  time = 1.2\n' \
		"$(printf ' o%d' {1..30})" "$(printf ' o%d' {31..60})"
}
# A generator that all wait for, many short steps, and tests one after the other.
generated() {
	printf 'rule cc\n  command = sleep $time && touch $out\nbuild o0: cc\n  time = 1\n'
	for i in {1..24}; do printf 'build o%d: cc | o0\n  time = 0.%02d\n' "$i" $((i * 29 % 30 + 5)); done
	printf 'build t0: cc |%s\n  time = 0.3\n' "$(printf ' o%d' {1..24})"
	for i in {1..4}; do printf 'build t%d: cc | t%d\n  time = 0.%d\n' "$i" $((i - 1)) $((i % 3 + 2)); done
}
# build PROJECT: three times, and keeps the logs
build() {
	mkdir -p "$1" && cd "$1" || exit 1
	"$1" >build.ninja
	for run in 1 2 3; do
		rm -f .ninja_log o* a b all t*
		ninja -j6 >/dev/null || exit 1
		cp .ninja_log "log$run"
	done
}
build generated &
(build linked) || failures=1
wait $! || failures=1
"$BIN/tests/forecast/table" linked/log[123] -- generated/log[123] || failures=1
"$BIN/tests/forecast/table" generated/log[123] -- linked/log[123] || failures=1
exit $failures
