#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Install Debian packages that are missing.  deps.sh [--missing-only] PACKAGE…
# --missing-only is silent when nothing is missing.  A,B is A where apt has it, else B.
# deps.sh --unpack FOLDER PACKAGE…: only lay the files of those that are missing out in a folder, because
# installing them would start a service.  What cannot be had so is left out with a word.
set -u
quiet='' folder=''
case ${1:-} in
--missing-only) quiet=1 && shift ;;
--unpack) folder=$2 && shift 2 ;;
esac
say() { echo "deps: $*"; }

if ! command -v dpkg-query >/dev/null; then
	[ -n "$quiet" ] || say "not a Debian system; please install what corresponds to: $*"
	exit 0
fi

# Those of the arguments of which no alternative is installed, into $missing.
declare -A installed=()
IFS=', ' read -ra names <<<"$*"
while read -r name state; do [ "$state" != 'install ok installed' ] || installed[$name]=1; done < <(
	dpkg-query -W -f '${Package} ${Status}\n' "${names[@]}" 2>/dev/null)
missing=()
for package in "$@"; do
	for name in ${package//,/ }; do
		[ -z "${installed[$name]:-}" ] && { [ -z "$folder" ] || [ ! -e "$folder/.$name" ]; } || continue 2
	done
	missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
	[ -n "$quiet$folder" ] || say 'nothing missing'
	exit 0
fi

root=()
[ "$(id -u)" -eq 0 ] || root=(sudo)
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
export DEBIAN_FRONTEND=noninteractive
available() { [[ $(apt-cache policy "$1" 2>/dev/null) == *Candidate:\ [!\(]* ]]; }
# The first alternative that apt has, into $choice; else the last, for apt's own message about it.
choose() { # A,B
	for choice in ${1//,/ }; do ! available "$choice" || return 0; done
	return 1
}
update() { "${root[@]}" apt-get update; }

unpack() { # PACKAGE
	choose "$1" || { update && choose "$1"; }
	[ ! -e "$folder/.$choice" ] || return 0
	say "unpacking $choice into $folder"
	(cd "$folder" && apt-get download "$choice" && dpkg -x "$choice"_*.deb . && rm -f "$choice"_*.deb && : >".$choice")
}
if [ -n "$folder" ]; then
	mkdir -p "$folder" || exit 1
	for package in "${missing[@]}"; do
		unpack "$package" >"$log" 2>&1 </dev/null && { head -n 1 "$log"; continue; }
		tail -n 5 "$log" >&2
		say "could not get $package; the tests that want it skip that part" >&2
	done
	exit 0
fi

if [ ${#root[@]} -gt 0 ] && ! command -v sudo >/dev/null; then
	say "missing: ${missing[*]}" >&2
	say "run as root: apt-get install ${missing[*]%%,*}" >&2
	exit 1
fi
say "installing with apt-get, which may take some minutes: ${missing[*]}"
install() {
	local names=() package
	for package in "${missing[@]}"; do
		choose "$package"
		names+=("$choice")
	done
	"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "${names[@]}"
}
if ! { update && install; } >"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	say "apt-get could not install: ${missing[*]}" >&2
	exit 1
fi
say 'done'
