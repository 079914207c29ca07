#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Fuzz the library with hostile arenas.  run.sh [--runs N] [--seconds S] [--corpus FOLDER] [--build-only]
# Default: 2,000 executions, from the corpus beside this script; what is found stays in the build folder.
# Exit code: 0 nothing found, 1 found (the input is named), 77 no clang.
set -u
cd "$(dirname "$0")/../.." || exit 1
runs='' seconds='' corpus='' build_only=''
usage() { echo "usage: tests/fuzz/run.sh [--runs N] [--seconds S] [--corpus FOLDER] [--build-only]" >&2; exit 2; }
while [ $# -gt 0 ]; do
	case $1 in
	--runs) runs=${2-} ;;
	--seconds) seconds=${2-} ;;
	--corpus) corpus=${2-} ;;
	--build-only) build_only=1; shift; continue ;;
	*) echo "run.sh: unknown option $1" >&2; usage ;;
	esac
	[ $# -ge 2 ] || usage
	shift 2
done

CLANG=${CLANG:-clang}
LIB=${FUZZ_LIB:-lib}
out=${BUILD:-build}/fuzz
target=$out/fuzz_arena
sanitize=address,undefined
mkdir -p "$out"
command -v "$CLANG" >/dev/null || { echo "skipped: no clang (package clang)"; exit 77; }
probe='int LLVMFuzzerTestOneInput(const unsigned char *d, unsigned long n) { return d && n > 9 ? 0 : 0; }'
printf '%s\n' "$probe" | "$CLANG" -fsanitize=fuzzer,$sanitize -x c - -o "$out/probe" 2>"$out/probe.log" || {
	echo "skipped: clang has no fuzzer or sanitizer runtime (package libclang-rt-14-dev or of its version)"
	exit 77
}

# __SANITIZE_ADDRESS__: what gcc defines
# shellcheck disable=SC2054
flags=(-std=gnu11 -g -O2 -D_GNU_SOURCE -DHW__INTERNAL "-I$LIB" -DHEADWAY_VERSION_TEXT='"fuzz"' -D__SANITIZE_ADDRESS__ -fvisibility=hidden
	-Wall -Wextra -fno-omit-frame-pointer "-fsanitize=fuzzer-no-link,$sanitize"
	-fno-sanitize-recover=undefined -fno-sanitize-coverage=trace-cmp)
wraps=-Wl,--wrap=mmap,--wrap=munmap,--wrap=clock_gettime,--wrap=getrandom,--wrap=hw__process_stat

is_fresh() {
	local source
	[ -x "$target" ] || return 1
	for source in "$LIB"/*.h "$LIB"/*/*.[ch] tests/fuzz/*.[ch] tests/fuzz/run.sh; do
		[ "$source" -nt "$target" ] && return 1
	done
	return 0
}
build() {
	local source objects=()
	for source in "$LIB"/*/*.c tests/fuzz/*.c; do
		local object hook=(-include tests/fuzz/hook.h)
		object=$out/$(basename "$source" .c).o
		case $source in tests/*) hook=() ;; esac
		"$CLANG" "${flags[@]}" "${hook[@]}" -c -o "$object" "$source" || return 1
		objects+=("$object")
	done
	"$CLANG" -fsanitize=fuzzer,$sanitize "$wraps" -o "$target" "${objects[@]}" -lpthread
}
[ -n "$runs$seconds" ] || runs=2000
is_fresh || build || { echo "run.sh: cannot be built"; exit 1; }
[ -z "$build_only" ] || exit 0

if [ -z "$corpus" ]; then
	corpus=$(mktemp -d) || exit 1
	trap 'rm -rf "$corpus"' EXIT
fi
export ASAN_OPTIONS=quarantine_size_mb=4:malloc_context_size=8:max_malloc_fill_size=64:allocator_release_to_os_interval_ms=-1
"$target" -runs="${runs:--1}" -max_total_time="${seconds:-0}" -entropic=0 -timeout=60 -max_len=400 -print_funcs=0 \
	-rss_limit_mb=0 -verbosity=1 -artifact_prefix="$out/" "$corpus" tests/fuzz/corpus >"$out/log" 2>&1
code=$?
if [ $code -ne 0 ]; then
	grep -av '^#\|^INFO' "$out/log" | head -n 60
	exit 1
fi
echo "RESULT $(grep -aoE '^#[0-9]+' "$out/log" | tail -n 1 | tr -d '#') executions, $(grep -ao 'cov: [0-9]*' "$out/log" | tail -n 1 | cut -c6-) edges of $(grep -ao 'PC tables ([0-9]*' "$out/log" | tr -dc '0-9')"
