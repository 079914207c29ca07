#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Puts the figures of the last run into update.svg and between the marks in README.md of this
# folder, and those of other languages into bindings/README.md.
#
# publish.sh RESULTS
set -u
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 1 ] || { echo "usage: publish.sh RESULTS" >&2; exit 2; }
[ -s "$1" ] || { echo "publish: there are no figures in $1: run make bench first" >&2; exit 1; }
trap 'rm -f "$here"/*.new' EXIT

awk -f "$here/field.awk" -f "$here/plot.awk" "$1" >"$here/update.svg.new" || exit 1
# between_marks FILE: FILE.new, with standard input between the marks
between_marks() {
	{
		sed '/^<!-- begin figures -->$/q' "$1"
		cat
		echo
		sed -n '/^<!-- end figures -->$/,$p' "$1"
	} >"$1.new"
	[ "$(grep -c '^<!-- \(begin\|end\) figures -->$' "$1.new")" = 2 ] && return
	echo "publish: $1 lacks the marks 'begin figures' and 'end figures'" >&2
	exit 1
}

awk -f "$here/field.awk" -f "$here/table.awk" "$1" | between_marks "$here/README.md" || exit 1
mv "$here/update.svg.new" "$here/update.svg"
mv "$here/README.md.new" "$here/README.md"
echo "  SVG     bench/update.svg"
echo "  TABLE   bench/README.md"
bindings=$here/../bindings/README.md
[ -e "$bindings" ] || exit 0
trap 'rm -f "$here"/*.new "$bindings.new"' EXIT
grep -E '^MACHINE|^SKIP (Python|Go)|case=(python|go) |case=1 what=add |case=3 what=message .*other=robust_mutex ' "$1" |
	awk -f "$here/field.awk" -f "$here/table.awk" | between_marks "$bindings" || exit 1
mv "$bindings.new" "$bindings"
echo "  TABLE   bindings/README.md"
