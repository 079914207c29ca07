#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds RPM packages of HEAD (without git: of this tree): rpm.sh FOLDER. The packages and the log
# go there. Build dependencies are not checked on systems without an RPM database.
set -eu
top=$(cd "${0%/*}/.." && pwd)
mkdir -p "$1" && out=$(cd "$1" && pwd)
command -v rpmbuild >/dev/null || { echo 'rpm: no rpmbuild here; install the package rpm or rpm-build' >&2; exit 1; }
work=$(mktemp -d "${TMPDIR:-/tmp}/headway-rpm.XXXXXX")
trap 'rm -rf "$work"' EXIT
version=$(cat "$top/VERSION")
mkdir -p "$work/SOURCES"
"$top/packaging/export.sh" "headway-$version" | gzip -9n >"$work/SOURCES/headway-$version.tar.gz"
options=(--define "_topdir $work")
[ ! -e /etc/debian_version ] || options+=(--nodeps)
if ! rpmbuild -bb "${options[@]}" "$top/packaging/rpm/headway.spec" >"$work/build.log" 2>&1 </dev/null; then
	tail -n 40 "$work/build.log" >&2
	cp "$work/build.log" "$out/build.log"
	echo "rpm: the build failed; all it said is in $out/build.log" >&2
	exit 1
fi
cp "$work/build.log" "$work"/RPMS/*/*.rpm "$out/"
