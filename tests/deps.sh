#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Makes sure that packages are installed; they are named by their Debian names.
#   deps.sh [--missing-only] PACKAGE…
#   deps.sh --unpack FOLDER PACKAGE…
# On Debian and its derivatives missing packages are installed. Elsewhere the files that they contain are
# looked for (tests/deps.names), and what is missing is printed, by the names of Fedora and Arch. A,B means A,
# or B where the system has no A. --missing-only prints nothing when nothing is missing. --unpack only
# unpacks missing packages into a folder, for those whose installation would start a service; a package that
# cannot be downloaded is reported and left out. Exit code: 0 nothing is missing, 1 something is.
set -u
quiet='' folder=''
case ${1:-} in
--missing-only) quiet=1 && shift ;;
--unpack) folder=$2 && shift 2 ;;
esac
say() { echo "deps: $*"; }

# ---- not Debian ----------------------------------------------------------------------------------

# seen HOW: true if the program, the <header.h> or the /file exists
seen() {
	case $1 in
	'<'*) echo "#include $1" | "${CC:-cc}" -E -x c - >/dev/null 2>&1 ;;
	/*) [ -e "$1" ] ;;
	*) command -v "$1" >/dev/null ;;
	esac
}

kin() { # prints the system, or one that it is similar to: fedora, arch or nothing
	local ID='' ID_LIKE='' name
	# shellcheck source=/dev/null
	[ ! -r "${OS_RELEASE:-/etc/os-release}" ] || . "${OS_RELEASE:-/etc/os-release}"
	for name in $ID $ID_LIKE; do
		case $name in
		fedora | rhel | centos) echo fedora; return ;;
		arch) echo arch; return ;;
		esac
	done
}

# add LIST NAME: appends to the array of that name unless it is there
add() {
	local -n list=$1
	[[ " ${list[*]} " == *" $2 "* ]] || list+=("$2")
}

look() { # PACKAGE…: sorts missing packages into $fedora, $arch and $aur, unknown ones into $nowhere
	local package debian how in_fedora in_arch found
	for package in "$@"; do
		found=''
		while read -r debian how in_fedora in_arch; do
			[[ ,$package, == *",${debian:-none},"* ]] && found=1 && break
		done <"${BASH_SOURCE[0]%/*}/deps.names"
		# a package that only Debian has
		[ -n "$found" ] || debian=${package%%,*} how=$debian in_fedora=- in_arch=-
		! seen "$how" || continue
		[ "$system $in_fedora" != 'fedora -' ] && [ "$system $in_arch" != 'arch -' ] || add nowhere "$debian"
		[ "$system" = arch ] || [ "$in_fedora" = - ] || add fedora "$in_fedora"
		[ "$system" = fedora ] || case $in_arch in
		-) ;;
		AUR/*) add aur "${in_arch#AUR/}" ;;
		*) add arch "$in_arch" ;;
		esac
	done
}

elsewhere() { # PACKAGE…
	local system fedora=() arch=() aur=() nowhere=()
	system=$(kin)
	look "$@"
	[ ${#nowhere[@]} -eq 0 ] || say "no package here for ${nowhere[*]}; the tests that want them are skipped"
	if [ ${#fedora[@]}${#arch[@]}${#aur[@]} = 000 ]; then
		[ -n "$quiet$folder" ] || say 'nothing missing'
		return 0
	fi
	say 'something is missing; please install it and run make again:'
	[ ${#fedora[@]} -eq 0 ] || say "  Fedora: dnf install ${fedora[*]}"
	[ ${#arch[@]} -eq 0 ] || say "  Arch: pacman -S --needed ${arch[*]}"
	[ ${#aur[@]} -eq 0 ] || say "  Arch, from its user repository: ${aur[*]}"
	return 1
}
if ! command -v dpkg-query >/dev/null; then
	elsewhere "$@" >&2
	exit
fi

# ---- Debian --------------------------------------------------------------------------------------

# Sets $missing to the arguments of which no alternative is installed.
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
# Sets $choice to the first alternative that apt has, or else to the last, so that apt reports it.
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
