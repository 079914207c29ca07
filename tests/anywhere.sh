#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds and tests under unusual conditions: see usage below.
set -u
usage() {
	cat <<-'U'
		usage: tests/anywhere.sh [--part] [PLACE]…
		Build a copy of HEAD without git, in a folder whose name has a space, and run its tests in each place.

		folder     umask 077, no HOME, a TMPDIR with a space, DESTDIR with a space
		locales    LANG unset, C, de_DE and tr_TR
		shm        a /dev/shm of 64 MiB (root)
		files      at most 256 open files
		jobs       make -j8
		demo       make demo, then the tests, then make bench (only whether it works), then the tests again
		clang, O0, O3, lto   CC=clang; -O0; -O3 -march=native; -flto
		load       beside two busy loops, five times

		Without PLACE: all of them.  --part: a part of the tests, less than a minute a place.
		Exit code: 0 all passed, 1 one did not, 2 wrong usage.  The last line counts places.
	U
}
places=() part=''
while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage; exit 0 ;;
	--part) part=1 ;;
	folder | locales | shm | files | jobs | demo | clang | O0 | O3 | lto | load) places+=("$1") ;;
	*) echo "anywhere: unknown argument '$1'; --help tells what there is" >&2; exit 2 ;;
	esac
	shift
done
[ ${#places[@]} -gt 0 ] || places=(folder locales shm files jobs demo clang O0 O3 lto load)
top=$(cd "${0%/*}/.." && pwd) || exit 1
work=$(mktemp -d) || exit 1
child=''
clean_up() {
	[ -z "$child" ] || kill -TERM -- "-$child" 2>/dev/null
	wait
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM
tree="$work/a b/head way"
mkdir -p "$tree" "$work/tmp dir"
git -C "$top" archive HEAD | tar -x -C "$tree" || exit 1
[ ! -d "$top/.deps" ] || ln -s "$top/.deps" "$tree/.deps"

# some ARGUMENT…: builds and runs tests; the arguments are make's
some() {
	local programs scripts argument build=build
	[ -n "$part" ] || { make -C "$tree" --no-print-directory check-quick "$@"; return; }
	for argument; do [[ $argument != BUILD=* ]] || build=${argument#BUILD=}; done
	cd "$tree" || return
	programs=(tests/unit/test_*.c tests/proc/test_api_*.c tests/proc/test_owners.c tests/proc/test_wait.c)
	programs=("${programs[@]%.c}")
	programs=("${programs[@]/#/$build/release/}")
	scripts=(tests/lint.sh tests/cli/test_{records,run,dump,header,install,top}.sh tests/http/test_http_{basics,wait,sandbox}.sh)
	make --no-print-directory all "${programs[@]}" "$@" && BIN=$PWD/$build/release tests/run.sh "${scripts[@]}" "${programs[@]}"
}
in_folder() {
	(
		umask 077
		unset HOME
		export TMPDIR="$work/tmp dir"
		some && make -C "$tree" --no-print-directory install DESTDIR="$work/dest dir" >/dev/null &&
			cmp "$tree/build/release/headway" "$work/dest dir/usr/local/bin/headway" &&
			make -C "$tree" --no-print-directory uninstall DESTDIR="$work/dest dir" >/dev/null &&
			[ -z "$(find "$work/dest dir" ! -type d)" ]
	)
}
in_locales() {
	local name
	mkdir -p "$work/locales"
	for name in de_DE tr_TR; do
		localedef -f UTF-8 -i $name "$work/locales/$name.UTF-8" 2>/dev/null
	done
	export LOCPATH=$work/locales
	unset LC_ALL LC_CTYPE LANGUAGE
	(unset LANG; some) && (export LANG=C; some) && (export LANG=de_DE.UTF-8; some) && (export LANG=tr_TR.UTF-8; some)
}
in_shm() { (export -f some; export tree part; unshare -m bash -c 'mount -t tmpfs -o size=64m none /dev/shm && some'); }
in_files() { (ulimit -n 256; some); }
in_jobs() { some -j8; }
in_demo() {
	make -C "$tree" --no-print-directory demo && some && make -C "$tree" --no-print-directory bench-smoke && some
}
in_clang() { some CC=clang BUILD=build/clang; }
in_O0() { some CFLAGS='-O0 -g' BUILD=build/O0; }
in_O3() { some CFLAGS='-O3 -march=native' BUILD=build/O3; }
in_lto() { some CFLAGS='-O2 -g -flto=auto' BUILD=build/lto; }
in_load() {
	local code=0 busy=() _
	for _ in 1 2; do
		while :; do :; done &
		busy+=($!)
	done
	for _ in 1 2 3 4 5; do some || code=1; done
	kill "${busy[@]}"
	return $code
}

passed=0 failed=()
for place in "${places[@]}"; do
	printf '\n== %s\n' "$place"
	start=$SECONDS
	set -m # a process group of its own, so that it can be killed as a whole
	(trap - EXIT INT TERM; "in_$place") &
	child=$!
	set +m
	if wait $child; then passed=$((passed + 1)); else failed+=("$place"); fi
	child=''
	printf '== %s: %d s\n' "$place" $((SECONDS - start))
done
echo
[ ${#failed[@]} -eq 0 ] || echo "failed in: ${failed[*]}"
echo "$passed places passed, ${#failed[@]} failed"
[ ${#failed[@]} -eq 0 ]
