#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The tests of the calls with AddressSanitizer and UBSan in the extension and in the library; with LONG=1 all
# tests, and those of the calls under valgrind.
set -u
: "${BIN:?set BIN to the folder of the built programs}"
cd "${0%/*}" || exit 1
[ -e "$BIN/../asan/bindings/python/headway/_headway.abi3.so" ] || {
	echo 'the Python package is not built with AddressSanitizer: no python3-config here?'
	exit 77
}
python=/usr/bin/python3
[ -x $python ] || python=$(command -v python3)
failures=0
sanitized() { # TEST…
	BIN=$BIN/../asan LD_PRELOAD="$("${CC:-gcc}" -print-file-name=libasan.so)" \
		ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 PYTHONMALLOC=malloc "$python" -B "$@" || failures=$((failures + 1))
}
if [ -z "${LONG:-}" ]; then
	sanitized test_calls.py Records Errors Arenas.test_close_ends_waiting Arenas.test_each Loops
else
	for test in test_*.py; do sanitized "$test"; done
	if command -v valgrind >/dev/null; then
		# What is not freed at the end is the interpreter's business.
		PYTHONMALLOC=malloc valgrind -q --error-exitcode=99 --leak-check=no "$python" -B test_calls.py \
			Records Errors Arenas.test_each Loops || failures=$((failures + 1))
	else
		echo 'NOTE no valgrind here'
	fi
fi
[ $failures -eq 0 ]
