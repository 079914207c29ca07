#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Install Debian packages that are missing.  deps.sh [--missing-only] PACKAGE…
# --missing-only is silent when nothing is missing.
# deps.sh --unpack FOLDER PACKAGE…: only lay the files of those that are missing out in a folder, because
# installing them would start a service.  What cannot be had so is left out with a word.
set -u
quiet=
unpack() { # FOLDER PACKAGE
	mkdir -p "$1" && cd "$1" || return 1
	echo "deps: unpacking $2 into $1"
	{ apt-get download "$2" || { apt-get update && apt-get download "$2"; }; } >"$2.log" 2>&1 </dev/null &&
		dpkg -x "$2"_*.deb . >>"$2.log" 2>&1 && rm -f "$2"_*.deb && touch ".$2" && return 0
	tail -n 5 "$2.log" >&2
	echo "deps: could not get $2; the tests that want it skip that part" >&2
}
[ "${1:-}" = --missing-only ] && { quiet=1; shift; }

installed() { dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed'; }

if ! command -v dpkg-query >/dev/null; then
	[ -n "$quiet" ] || echo "deps: not a Debian system; please install what corresponds to: $*"
	exit 0
fi
if [ "${1:-}" = --unpack ]; then
	folder=$2
	shift 2
	for package in "$@"; do
		installed "$package" || [ -e "$folder/.$package" ] || (unpack "$folder" "$package")
	done
	exit 0
fi
missing=()
for package in "$@"; do installed "$package" || missing+=("$package"); done
if [ ${#missing[@]} -eq 0 ]; then
	[ -n "$quiet" ] || echo "deps: nothing missing"
	exit 0
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "deps: missing: ${missing[*]}" >&2
		echo "deps: run as root: apt-get install ${missing[*]}" >&2
		exit 1
	}
	root=(sudo)
fi
echo "deps: installing with apt-get: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { "${root[@]}" apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "${missing[@]}"; }
if ! { "${root[@]}" apt-get update && install; } >"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	echo "deps: apt-get could not install: ${missing[*]}" >&2
	exit 1
fi
echo "deps: done"
