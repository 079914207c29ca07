#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Reproducible builds: the result does not depend on the builder's folder, clock, umask, locale,
# time zone, name, host and number of processors: same.sh FOLDER, which packaging/deb.sh filled;
# builds once more under other conditions and compares. Exit code: 0 equal, 1 different, 77 a tool
# is missing.
set -u
first=$(cd "$1" && pwd) || exit 1
top=$(cd "${0%/*}/../.." && pwd)
command -v faketime >/dev/null || { echo 'no faketime here'; exit 77; }
work=$(mktemp -d "${TMPDIR:-/tmp}/headway-same.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
other="$work/another_place-of+a~longer.name"
mkdir -p "$other/out" "$other/home" || exit 1
other_host=(env)
[ "$(id -u)" -ne 0 ] || other_host=(unshare --uts sh -c 'hostname elsewhere; exec "$@"' sh)
locale=$(locale -a 2>/dev/null | grep -m 1 -iE '^(tr_TR|de_DE)\.utf-?8$')
(
	umask 077
	DEB_BUILD_OPTIONS='nocheck parallel=1' LC_ALL=${locale:-POSIX} TZ=Pacific/Kiritimati HOME=$other/home USER=somebody \
		LOGNAME=somebody SHELL=/bin/false CCACHE_DISABLE=1 "${other_host[@]}" faketime -f '+400d' \
		"$top/packaging/deb.sh" --in "$other" "$other/out"
) || { echo 'FAILED: the other build'; exit 1; }
failures=0 compared=0
for file in "$first"/*.deb "$first"/*.tar.*; do
	compared=$((compared + 1))
	cmp "$file" "$other/out/${file##*/}" && continue
	failures=$((failures + 1))
	[[ $file != *.deb ]] || {
		command -v diffoscope >/dev/null && diffoscope --max-report-size 20000 "$file" "$other/out/${file##*/}"
		diff <(dpkg-deb -c "$file") <(dpkg-deb -c "$other/out/${file##*/}")
	} | head -n 60
done
echo "$compared files compared, $failures differ"
[ "$failures" -eq 0 ] && [ "$compared" -ge 6 ]
