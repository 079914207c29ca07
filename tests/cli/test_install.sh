#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `make install` puts files where distributions expect them, readable for everybody whatever the
# installer's umask, with a manual page for each call; `make uninstall` removes all of them.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need make
top=$(cd "$here/../.." && pwd)
root="$folder/a root" # a name with a space
make_it() { (cd "$top" && umask 077 && make --no-print-directory "$1" DESTDIR="$root" PREFIX=/usr \
	LIBDIR=/usr/lib/x86_64-linux-gnu); }
ok 'make install' make_it install
has() { # MODE PATH
	is "$2" "$1 root" "$(stat -c '%a root' "$root/usr/$2" 2>&1)"
}
lib=lib/x86_64-linux-gnu
version=$(cat "$top/VERSION")
has 755 bin/headway
has 755 sbin/headway-httpd
has 644 include/headway.h
has 644 include/headway.hpp
has 644 include/headway/record.hpp
has 644 $lib/libheadway.a
has 755 "$lib/libheadway.so.$version"
has 644 $lib/pkgconfig/headway.pc
has 644 $lib/cmake/headway/headway-config.cmake
has 644 $lib/cmake/headway/headway-config-version.cmake
has 644 lib/systemd/system/headway-reap.service
has 644 lib/systemd/system/headway-httpd.service
has 644 lib/systemd/system/headway-httpd.socket
has 644 lib/sysusers.d/headway.conf
has 644 lib/tmpfiles.d/headway.conf
has 644 share/bash-completion/completions/headway
has 644 share/headway/headway.rules.yml
has 644 share/headway/headway.dashboard.json
has 644 share/headway/headway-client/package.json
has 644 share/gocode/src/headway/record.go
has 644 share/gocode/src/headway/progress/tracker.go
is 'Go asks pkg-config' '// #cgo pkg-config: headway' "$(grep '#cgo' "$root/usr/share/gocode/src/headway/link.go")"
is 'no file that only the installer reads' '' "$(find "$root" -type f ! -perm -444)"
is 'no folder that only the installer enters' '' "$(find "$root/usr" -type d ! -perm 755)"
is 'nothing is written by others' '' "$(find "$root" -perm /022 ! -type l)"
is 'nothing is empty' '' "$(find "$root" -type f -empty)"
is 'links lead somewhere' '' "$(find "$root" -xtype l)"
is 'nor out of the tree' '' "$(find "$root" -type l -lname '/*')"
soname=$(readelf -d "$root/usr/$lib/libheadway.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')
is 'the SONAME is there' "libheadway.so.$version" "$(basename "$(readlink -f "$root/usr/$lib/$soname")")"
is 'no paths of this tree' '' "$(readelf -d "$root/usr/$lib/libheadway.so" "$root/usr/bin/headway" |
	grep -E 'RPATH|RUNPATH')"
is 'units run what was installed' '' "$(sed -nE 's/^Exec[A-Za-z]*=([^ ]*).*/\1/p' \
	"$root"/usr/lib/systemd/system/*.service | while read -r program; do
	[ -x "$root$program" ] || echo "$program"; done)"
is 'headway.pc' "/usr /usr/$lib /usr/include $version" "$(
	export PKG_CONFIG_PATH=$root/usr/$lib/pkgconfig
	for name in prefix libdir includedir; do pkg-config --variable=$name headway; done | paste -sd ' '
) $(PKG_CONFIG_PATH=$root/usr/$lib/pkgconfig pkg-config --modversion headway)"

# The section of a page is that of its folder, and each call and command has a page of its name.
is 'sections' '' "$(awk '/^\.Dt / { dt[FILENAME] = $3 }
	END { for (i = 1; i < ARGC; i++) if (ARGV[i] !~ "/man" dt[ARGV[i]] "/[^/]*[.]" dt[ARGV[i]] "$") print ARGV[i] }' \
	"$root"/usr/share/man/man*/*)"
is 'a page for each call' '' "$(comm -23 <(sort "$top/lib/exported") \
	<(find "$root/usr/share/man/man3" -name '*.3' -printf '%f\n' | sed 's/\.3$//' | sort))"
is 'each about it' '' "$(awk 'FILENAME == ARGV[1] { wanted[$1]; next }
	/^\.Nm / { call = FILENAME; sub(/.*\//, "", call); sub(/\.3$/, "", call); if ($2 == call) delete wanted[call] }
	END { for (call in wanted) print call }' "$top/lib/exported" "$root"/usr/share/man/man3/*.3)"
for page in headway.1 headway-dump.1 headway.3 headway-arena.5 headway.7 headway-httpd.8; do
	has 644 "share/man/man${page##*.}/$page"
done

ok 'make uninstall' make_it uninstall
is 'leaves nothing' '' "$(find "$root" ! -type d)"
finish
