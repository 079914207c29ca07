#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The C++ header compiles without a warning in each standard from C++17 on, also without exceptions and
# run-time types; and add() compiles to the same instructions as in C.
set -u
cd "$(dirname "$0")" || exit 1
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
include=(-I .. -I ../../../lib)
fail() { # TITLE FILE
	printf 'FAILED: %s\n' "$1"
	head -n 20 "$2"
	: >"$folder/failed"
}

# Left out: warnings about standards before C++17 (c++98-compat), about padding, and weak-vtables, which a
# header without a source file cannot avoid.
clang_warnings=(-Weverything -Wno-c++98-compat -Wno-c++98-compat-pedantic -Wno-padded -Wno-weak-vtables
	-Wno-unknown-warning-option -Wno-unsafe-buffer-usage)
gcc_warnings=(-Wall -Wextra -pedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
	-Wuseless-cast -Weffc++ -Wduplicated-cond -Wlogical-op -Wnon-virtual-dtor -Woverloaded-virtual
	-Wcast-align=strict -Wformat=2)
compile() { # COMPILER OPTION…
	"$@" "${include[@]}" -Werror -fsyntax-only use.cpp >"$folder/$BASHPID" 2>&1 || fail "$*" "$folder/$BASHPID"
}
for compiler in g++ clang++; do
	command -v $compiler >/dev/null || {
		echo "NOTE no $compiler here"
		continue
	}
	if [ $compiler = g++ ]; then warnings=("${gcc_warnings[@]}"); else warnings=("${clang_warnings[@]}"); fi
	compile $compiler -std=c++17 "${warnings[@]}" &
	compile $compiler -std=c++20 "${warnings[@]}" -fno-exceptions -fno-rtti -DHEADWAY_NO_INLINE &
	wait
	compile $compiler -std=c++2b "${warnings[@]}"
done

# ---- the same instructions as C's
hot() { # FUNCTION FILE: its instructions up to the first return, without addresses
	objdump -d --no-show-raw-insn --disassemble="$1" "$2" |
		sed -nE 's/^ *[0-9a-f]+:\s*//p' | sed -E 's/ *[0-9a-f]+ <.*//; /^ret/q'
}
for pair in gcc:g++ clang:clang++; do
	cc=${pair%:*} cxx=${pair#*:}
	if ! command -v "$cc" "$cxx" >/dev/null; then continue; fi
	"$cc" -O2 "${include[@]}" -c -o "$folder/c.o" add.c 2>"$folder/out" || fail "$cc add.c" "$folder/out"
	"$cxx" -std=c++17 -O2 "${include[@]}" -c -o "$folder/cpp.o" add.cpp 2>"$folder/out" ||
		fail "$cxx add.cpp" "$folder/out"
	for call in try_add add set counter_add; do
		hot $call "$folder/c.o" >"$folder/c"
		hot $call "$folder/cpp.o" >"$folder/cpp"
		grep -q ret "$folder/c" || fail "$cc: no $call" "$folder/c"
		diff "$folder/c" "$folder/cpp" >"$folder/out" ||
			fail "$cxx: $call differs from C's (< C, > C++)" "$folder/out"
	done
done
[ ! -e "$folder/failed" ]
