#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Puts the figures of the last run into update.svg and between the marks in README.md of this
# folder.
#
# publish.sh RESULTS
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: publish.sh RESULTS" >&2; exit 2; }
[ -s "$1" ] || { echo "publish: there are no figures in $1: run make bench first" >&2; exit 1; }
trap 'rm -f "$here"/*.new' EXIT

awk -f "$here/plot.awk" "$1" >"$here/update.svg.new" || exit 1
{
	sed '/^<!-- begin figures -->$/q' "$here/README.md"
	awk -f "$here/table.awk" "$1"
	grep '^SKIP' "$1" | sed 's/^SKIP /\nNot measured: /'
	echo
	sed -n '/^<!-- end figures -->$/,$p' "$here/README.md"
} >"$here/README.md.new"
if [ "$(grep -c '^<!-- \(begin\|end\) figures -->$' "$here/README.md.new")" != 2 ]; then
	echo "publish: bench/README.md lacks the marks 'begin figures' and 'end figures'" >&2
	exit 1
fi
mv "$here/update.svg.new" "$here/update.svg"
mv "$here/README.md.new" "$here/README.md"
echo "  SVG     bench/update.svg"
echo "  TABLE   bench/README.md"
