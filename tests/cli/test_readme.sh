#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The README's examples, unchanged: the C example against an installed copy, shared and static, in C
# and in C++; the shell example; and the tour of the commands with its output.
set -u
cd "$(dirname "$0")/../.." || exit 1
work=$(mktemp -d) || exit 1
export HEADWAY_ARENA=/headway-readme-$$
trap 'rm -rf "$work" "/dev/shm$HEADWAY_ARENA"' EXIT
failures=0

check() { # WHAT COMMAND…
	local what=$1
	shift
	if "$@" >"$work/out" 2>&1; then return 0; fi
	echo "failed: $what"
	sed 's/^/    /' "$work/out"
	failures=$((failures + 1))
}

block() { # LANGUAGE: the first block of that language
	awk -v open="\`\`\`$1" '$0 == open { on = 1; next } on && /^```/ { exit } on' README.md
}

check 'no line over 120 columns' test -z "$(awk 'length > 120 { print FNR ": " $0 }' README.md)"
check 'every package and no other' diff <(sed -n 's/^Package: //p' packaging/debian/control | sort) \
	<(sed -n '/^| package/,/^$/s/^| `\([a-z0-9-]*\)` |.*/\1/p' README.md | sort)

make --no-print-directory install DESTDIR="$work/root" PREFIX=/opt/headway >"$work/install" 2>&1 || {
	cat "$work/install"
	exit 1
}
# With the folder's short name: pkg-config does not quote it, and the full path may contain spaces.
in_work() { (cd "$work" && "$@"); }
export PKG_CONFIG_SYSROOT_DIR=root PKG_CONFIG_PATH=root/opt/headway/lib/pkgconfig
check 'the prefix' test "$(in_work env -u PKG_CONFIG_SYSROOT_DIR pkg-config --variable=prefix headway)" = /opt/headway
read -ra shared <<<"$(in_work pkg-config --cflags --libs headway)"
read -ra static <<<"$(in_work pkg-config --static --cflags --libs headway)"
block c >"$work/example.c"
cp "$work/example.c" "$work/example.cc"

check 'C, shared' in_work gcc -Wall -Wextra -Werror -o "$work/shared" "$work/example.c" "${shared[@]}"
check 'C, static' in_work gcc -Wall -Wextra -static -o "$work/static" "$work/example.c" "${static[@]}"
check 'C++20, shared' in_work g++ -std=c++20 -Wall -Wextra -Werror -Wno-missing-field-initializers -o "$work/cxx" "$work/example.cc" "${shared[@]}"
for program in shared static cxx; do
	check "runs: $program" env LD_LIBRARY_PATH="$work/root/opt/headway/lib" "$work/$program"
done
PATH=$work/root/opt/headway/bin:$PATH
check 'three records are Finished' test "$(headway dump --format status | grep -c '"status":"Finished".*"results":{"documents":1000}')" -eq 3

{ block sh && echo 'headway dump --format status "$id"'; } >"$work/example.sh"
check 'the shell example' bash -eu "$work/example.sh"
check 'its result' test "$(bash -eu "$work/example.sh" | sed 's/"url".*//')" = \
	'{"status":"Finished","messages":[{"key":"Table","value":"items"}],"results":{"tables":3},'

# replaces what differs from run to run: the arena's name, ids, times, and the widths of columns
# that follow from them
plain() {
	sed -E -e "s|$HEADWAY_ARENA|/headway|" -e 's/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/ID/g' \
		-e 's/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}/TIME/' -e 's/ [0-9]+s( |$)/ SECONDS\1/' -e 's/ +/ /g' -e 's/ $//'
}
headway rm "$HEADWAY_ARENA" --force >/dev/null 2>&1
block console >"$work/tour"
cat >"$work/tour.sh" <<'END'
while IFS= read -r line; do
	printf '$ %s\n' "$line"
	eval "${line/\/headway/$HEADWAY_ARENA}"
done
END
check 'there is a tour' grep -q '^\$ headway' "$work/tour"
sed -n 's/^\$ //p' "$work/tour" | bash "$work/tour.sh" 2>&1 | plain >"$work/printed"
plain <"$work/tour" >"$work/promised"
check 'what the commands print' diff "$work/promised" "$work/printed"

check 'uninstall' make --no-print-directory uninstall DESTDIR="$work/root" PREFIX=/opt/headway
check 'uninstall leaves no file' test -z "$(find "$work/root" ! -type d)"
[ $failures -eq 0 ]
