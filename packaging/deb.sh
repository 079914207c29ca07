#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Build the Debian packages of HEAD in a clean tree: see usage below.
set -eu
usage() {
	cat <<-'U'
		usage: packaging/deb.sh [--version VERSION] [--in FOLDER] FOLDER
		Build the packages with dpkg-buildpackage, from an export of HEAD (outside git: of this tree), and lay
		them into FOLDER, with the .changes, the source package and the build's log, build.log.

		--version VERSION  as if this were that version, with nothing in the changelog but that
		--in FOLDER        unpack and build there, and leave the tree (else in a temporary folder)
		Options of the build are in DEB_BUILD_OPTIONS and DEB_BUILD_PROFILES, as usual: nocheck, parallel=N.
	U
}
top=$(cd "${0%/*}/.." && pwd)
out='' version='' work=''
while [ $# -gt 0 ]; do
	case $1 in
	--help | -h) usage; exit 0 ;;
	--version | --in)
		[ $# -ge 2 ] || { echo "deb: $1 needs a value; --help tells more" >&2; exit 2; }
		case $1 in --version) version=$2 ;; --in) work=$2 ;; esac
		shift
		;;
	-*) echo "deb: unknown option '$1'; --help tells what there is" >&2; exit 2 ;;
	*) out=$1 ;;
	esac
	shift
done
[ -n "$out" ] || { usage >&2; exit 2; }
mkdir -p "$out" && out=$(cd "$out" && pwd)
if [ -z "$work" ]; then
	work=$(mktemp -d "${TMPDIR:-/tmp}/headway-deb.XXXXXX")
	trap 'rm -rf "$work"' EXIT
fi
mkdir -p "$work" && work=$(cd "$work" && pwd)

shipped=$(cat "$top/VERSION")
version=${version:-$shipped}
tree=$work/headway-$version
[ ! -e "$tree" ] || { echo "deb: $tree is there already" >&2; exit 1; }
# Unpacked files have the modes of the repository; the build itself runs with the caller's umask.
(umask 022 && "$top/packaging/export.sh" "headway-$version" | tar -C "$work" -xf - && cp -r "$tree/packaging/debian" "$tree/debian")
if [ "$version" != "$shipped" ]; then
	echo "$version" >"$tree/VERSION"
	sed -i "s/ $shipped\$/ $version/" "$tree/debian/libheadway0.symbols"
	sed -i "1s/(.*)/($version-1)/" "$tree/debian/changelog"
	sed -i "s/^Version: $shipped/Version: $version/" "$tree/packaging/rpm/headway.spec" 2>/dev/null || :
fi
[ "$(sed -n '1s/.*(\(.*\)-[^-]*).*/\1/p' "$tree/debian/changelog")" = "$version" ] || {
	echo "deb: packaging/debian/changelog does not begin with version $version" >&2
	exit 1
}
# The upstream source: the tree without debian/. The archive is the same bytes each time.
when=$(sed -n 's/^ -- .*>  //p' "$tree/debian/changelog" | head -n 1)
tar -C "$work" --exclude="headway-$version/debian" --sort=name --owner=0 --group=0 --numeric-owner --mtime="$when" \
	-cf - "headway-$version" | gzip -9n >"$work/headway_$version.orig.tar.gz"

# With this variable ccache would return objects that contain the path of another build's folder.
unset CCACHE_NOHASHDIR
log=$work/build.log
cd "$tree"
# Removes all environment variables of the user that may change the build.
if ! env -u MAKEFLAGS -u MFLAGS -u CFLAGS -u CPPFLAGS -u LDFLAGS -u BUILD -u DESTDIR -u PREFIX -u WERROR -u V -u Q \
	-u MAKELEVEL dpkg-buildpackage -us -uc --build=full >"$log" 2>&1 </dev/null; then
	tail -n 40 "$log" >&2
	cp "$log" "$out/build.log"
	echo "deb: the build failed; all it said is in $out/build.log" >&2
	exit 1
fi
cd "$work"
cp build.log ./*headway*_* "$out/"
