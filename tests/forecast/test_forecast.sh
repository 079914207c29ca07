#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Forecasts are as good as they are meant to be: the table of errors on generated traces, and on the logs of
# three builds that ninja makes here.
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

# Compilations of different lengths, two libraries that wait for theirs, and a link at the end. Their
# lengths are those of sleeps, so that the load of the machine matters little.
{
	printf 'rule cc\n  command = sleep $time && touch $out\n'
	for i in {1..60}; do printf 'build o%d: cc\n  time = 0.%02d\n' "$i" $((i * 37 % 45 + 5)); done
	printf 'build a: cc |%s\n  time = 0.6\nbuild b: cc | a%s\n  time = 0.4\nbuild all: cc | a b\n  time = 1.2\n' \
		"$(printf ' o%d' {1..30})" "$(printf ' o%d' {31..60})"
} >build.ninja
for run in 1 2 3; do
	rm -f .ninja_log o* a b all
	ninja -j6 >/dev/null || exit 1
	cp .ninja_log "log$run"
done
"$BIN/tests/forecast/table" log1 log2 log3 || failures=1
exit $failures
