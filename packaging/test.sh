#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the packages, installs them and uses them: see usage below.
set -u
usage() {
	cat <<-'U'
		usage: packaging/test.sh [--keep FOLDER] [PLACE]…
		Build the packages of HEAD and use them, in each PLACE; by default here and debian12.

		here   build them on this machine, look at them with Debian's own checks, and build them once more in
		       another folder at another time, which must give the same bytes
		debian12, debian13, ubuntu2404
		       in a bare system, made by tests/fresh.sh: build them without a network as an ordinary user; in
		       another such system install the tool alone; then a version before, upgrade, use library, tool,
		       reader and services, purge, and find nothing left

		--keep FOLDER  leave the packages that were built there, in a folder for each place

		Systems need root.  HEADWAY_FRESH_CACHE is where they are kept, as for tests/fresh.sh.
		Exit code: 0 all passed, 1 something failed, 2 wrong usage, 77 it can't be tested here.
	U
}
top=$(cd "${0%/*}/.." && pwd) || exit 1
places=() keep=''
while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage; exit 0 ;;
	--keep)
		[ $# -ge 2 ] || { echo "test: $1 needs a value; --help tells more" >&2; exit 2; }
		keep=$2
		shift
		;;
	here | debian12 | debian13 | ubuntu2404) places+=("$1") ;;
	*) echo "test: unknown argument '$1'; --help tells what there is" >&2; exit 2 ;;
	esac
	shift
done
[ ${#places[@]} -gt 0 ] || places=(here debian12)
[ "${places[*]}" = here ] || [ "$(id -u)" -eq 0 ] || { echo "only root may make a system; 'here' needs none"; exit 77; }
cache=${HEADWAY_FRESH_CACHE:-${TMPDIR:-/tmp}/headway-fresh}
failures=0 work=''
clean_up() { # repeated while a namespace that was ended still exists
	[ -z "$work" ] || rm -rf --one-file-system "$work" 2>/dev/null || { sleep 2 && rm -rf --one-file-system "$work"; }
}
trap clean_up EXIT
trap 'exit 130' INT TERM

part() { # NAME COMMAND…
	local start=$SECONDS
	printf '\n== %s\n' "$1"
	"${@:2}"
	case $? in
	0) echo "== $1: passed after $((SECONDS - start)) s" ;;
	*) echo "== $1: FAILED after $((SECONDS - start)) s" && failures=$((failures + 1)) && return 1 ;;
	esac
}

# in_system SYSTEM PLACE STEP [MORE]: runs test/inside.sh in an overlay over the bare system, which
# is not changed
in_system() {
	local namespaces=(--mount --pid --ipc --uts)
	case $3 in offline | start) namespaces+=(--net) ;; esac
	mkdir -p "$2/system"/{upper,overlay,root,archives,overlay2} || return 1
	HEADWAY_SOURCE=$2/source HEADWAY_INSIDE=$work/tree/packaging/test/inside.sh \
		${group:+"$top/packaging/test/in_group.sh" "$group"} unshare "${namespaces[@]}" ${group:+--cgroup} \
		--fork --kill-child --propagation private \
		bash "$top/tests/fresh/outside.sh" pivot "$cache/$1" "$2" "${@:3}" </dev/null 2>&1
}

# The build runs in a system that has only the packages named in debian/control.
build_in() { # SYSTEM PLACE
	local group=''
	mkdir -p "$2" && cp -a "$work/tree" "$2/source" &&
		in_system "$1" "$2" prepare && in_system "$1" "$2" offline
}

# Gives systemd a control group of its own, if possible.
use_in() { # SYSTEM PLACE BUILT
	local group='' managed=''
	mkdir -p "$2/source" && mv "$3/system/upper/out"/* "$2/source/" && in_system "$1" "$2" equip || return 1
	"$top/packaging/test/in_group.sh" headway-packages-$$ true && group=headway-packages-$$ managed=managed
	in_system "$1" "$2" start $managed
	cat "$2/system/upper/said"
	[ "$(cat "$2/system/upper/code")" = 0 ]
}

main() { # bash reads it completely before it runs, so this file may be edited meanwhile
mkdir -p "$cache" && work=$(mktemp -d "$cache/run.XXXXXX") || exit 1
# One copy of the tree for all builds, so that edits do not matter.
"$top/packaging/export.sh" tree | tar -C "$work" -xf - || exit 1
[ -z "$keep" ] || { mkdir -p "$keep" && keep=$(cd "$keep" && pwd); } || exit 1
for place in "${places[@]}"; do
	if [ "$place" = here ]; then
		DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" part 'here: build' "$work/tree/packaging/deb.sh" "$work/here" || continue
		part "here: Debian's checks" "$work/tree/packaging/test/lint.sh" "$work/here"
		part 'here: the same bytes twice' "$work/tree/packaging/test/same.sh" "$work/here"
		[ -z "$keep" ] || cp -r "$work/here" "$keep/"
		continue
	fi
	part "$place: the bare system" "$top/tests/fresh.sh" --prepare "$place" || continue
	part "$place: build" build_in "$place" "$work/$place-build" || continue
	part "$place: use" use_in "$place" "$work/$place-use" "$work/$place-build"
	[ -z "$keep" ] || cp -r "$work/$place-use/source" "$keep/$place"
	rm -rf --one-file-system "${work:?}/$place"-*
done
echo
echo "$failures failed"
[ "$failures" -eq 0 ]
exit
}
main
