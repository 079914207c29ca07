#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The binary interface is unchanged: functions, parameters and public structs are those of
# lib/headway.abi, and the part of a handle that inline functions use is as in fixed.c. The result
# is the same for gcc, clang and all optimization levels.
set -u
: "${BIN:?set BIN to the folder of the built programs}"
cd "$(dirname "$0")/../.." || exit 1

gcc -std=gnu11 -fsyntax-only -I lib tests/abi/fixed.c || {
	echo 'what programs have compiled into themselves has changed: see tests/abi/fixed.c'
	exit 1
}
skip() {
	echo "skipped: $1"
	exit 77
}
command -v abidiff >/dev/null || skip 'no abidiff (package abigail-tools)'
[ "$(uname -m)" = x86_64 ] || skip "lib/headway.abi is of x86_64, this is $(uname -m)"
readelf -S "$BIN/libheadway.so" | grep -q '\.debug_info' || skip 'the library was built without -g'

abidiff lib/headway.abi "$BIN/libheadway.so" || {
	echo 'the binary interface has changed.  Where that is meant, and old programs go on working'
	echo "(or SOMAJOR was raised): 'make abi', and commit lib/headway.abi"
	exit 1
}
