#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `headway pipe` beside cat and pv, in turns: from file to file, and between two programs in a pipeline, as each
# of them does it without options. All is in memory, and each copy is compared with what it was made from.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
smoke=${BENCH_SMOKE:-}
rounds=7 megabytes=512
[ -n "$smoke" ] && rounds=1 megabytes=16
for program in "$BIN/headway" pv cmp; do
	command -v "$program" >/dev/null || { echo "SKIP bench_pipe: no ${program##*/} here"; exit 0; }
done
dir=$(mktemp -d /dev/shm/headway-pipe-XXXXXX) || exit 1
export HEADWAY_ARENA=/headway-bench-pipe-$$
trap 'rm -rf "$dir" "/dev/shm$HEADWAY_ARENA"' EXIT
trap 'exit 1' INT TERM
"$BIN/headway" init >/dev/null || exit 1
head -c "${megabytes}M" /dev/urandom >"$dir/in" || exit 1

# one WHAT PROGRAM: appends the GB/s of a copy to a file
copy_file() { "$@" <"$dir/in" >"$dir/out"; }
copy_pipeline() { cat "$dir/in" | "$@" | cat >"$dir/out"; }
one() {
	local begin took name=$dir/$1-$2
	local -A programs=([headway]="$BIN/headway pipe" [cat]=cat [pv]='pv -q')
	rm -f "$dir/out"
	begin=${EPOCHREALTIME/[.,]/}
	# shellcheck disable=SC2086 # a program and its option
	"copy_$1" ${programs[$2]} 2>"$dir/talk" || { cat "$dir/talk" >&2; exit 1; }
	took=$((${EPOCHREALTIME/[.,]/} - begin))
	cmp -s "$dir/in" "$dir/out" || { echo "bench_pipe: $2 copied something else" >&2; exit 1; }
	awk -v us=$took -v mb=$megabytes 'BEGIN { printf "%.3f\n", mb * 1048576 / us / 1000 }' >>"$name"
}
median() { sort -g | sed -n "$(((rounds + 1) / 2))p"; }

# result WHAT PEER: the ratio is the median of those of the rounds
result() {
	local ours=$dir/$1-headway theirs=$dir/$1-$2 ratio
	paste "$ours" "$theirs" | awk '{ printf "%.3g\n", $1 / $2 }' | sort -g >"$dir/ratios"
	ratio=$(median <"$dir/ratios")
	echo "RESULT case=pipe what=$1 unit=GB/s headway=$(median <"$ours") other=$2 other_value=$(median <"$theirs")" \
		"ratio=$ratio sense=faster spread=$(head -n 1 "$dir/ratios")..$(tail -n 1 "$dir/ratios")" \
		"target=faster>=1 met=$(awk -v r="$ratio" 'BEGIN { print (r >= 1 ? "yes" : "NO") }') rounds=$rounds disturbed=0"
}
for what in file pipeline; do
	one $what cat && rm -f "$dir/$what-cat" # so that the files are in memory
	for ((round = 0; round < rounds; round++)); do
		for program in headway cat pv; do one $what $program; done
	done
	result $what cat
	result $what pv
done
