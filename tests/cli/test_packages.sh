#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Quick checks of the packages: the files of packaging/debian agree with the tree, each installed
# file is in exactly one package, and the packages' own tests pass with the files of `make install`.
# `make check-deb` builds, installs, upgrades and purges the packages.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need make gcc g++ pkg-config curl
top=$(cd "$here/../.." && pwd)
debian=$top/packaging/debian
version=$(<"$top/VERSION")
is 'the version of the changelog' "$version" "$(sed -n '1s/^headway (\(.*\)-[^-]*).*/\1/p' "$debian/changelog")"
is 'and of the spec' "$version" "$(sed -n 's/^Version: *//p' "$top/packaging/rpm/headway.spec")"
is 'the symbols file names what the library exports' "$(grep -v '^#' "$top/lib/exported" | sort)" \
	"$(sed -n 's/^ \(headway_[^@]*\)@.*/\1/p' "$debian/libheadway0.symbols" | sort)"

root=$folder/root
triplet=$(gcc -print-multiarch)
ok 'make install' make --no-print-directory -C "$top" install DESTDIR="$root" PREFIX=/usr LIBDIR="/usr/lib/$triplet" \
	zsh_FILE=/usr/share/zsh/vendor-completions/_headway
lines_of() { # FILE: its lines, with variables replaced as debhelper does
	sed -e "s|\${DEB_HOST_MULTIARCH}|$triplet|" -e 's|^\${env:UNITDIR}|usr/lib/systemd/system|' "$1"
}
for file in "$debian"/*.install; do
	[[ $file != */python3-* ]] || continue # setup.py installs that
	while read -r pattern; do
		found=$(cd "$root" && find $pattern ! -type d 2>/dev/null)
		[ -n "$found" ]
		verdict $? "${file##*/}: $pattern is installed"
		printf '%s\n' "$found"
	done < <(lines_of "$file") >>"$folder/packaged"
done
is 'each file is in one package' "$(cd "$root" && find . ! -type d -printf '%P\n' | sort)" "$(sort "$folder/packaged")"
for file in "$debian"/*.{docs,examples}; do
	while read -r path; do
		compgen -G "$top/$path" >/dev/null || [ "$path" = debian/example.c ]
		verdict $? "${file##*/}: $path is there"
	done <"$file"
done

# pkg-config finds the files in this folder instead of the system's.
export PATH=$root/usr/bin:$root/usr/sbin:$PATH LD_LIBRARY_PATH=$root/usr/lib/$triplet
export PKG_CONFIG_PATH=$root/usr/lib/$triplet/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root AUTOPKGTEST_TMP=$folder
unset -f headway
for name in library tool httpd; do
	(cd "$top" && "$debian/tests/$name") >"$folder/out" 2>&1
	verdict $? "the test '$name' of the packages" "$(tail -n 5 "$folder/out")"
done
finish
