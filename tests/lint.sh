#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Checks the rules of CONTRIBUTING.md that a program can check. Prints each violation; exit code 1
# if there is one. --all: also shellcheck, which takes longer than all the rest.
set -u
all=${1:-}
cd "$(dirname "$0")/.." || exit 1
# one line for each violation; a file, since the checks run in subshells
breaches=$(mktemp) || exit 1
trap 'rm -f "$breaches"' EXIT

breach() { # TITLE, then the offending lines on standard input
	local lines
	lines=$(cat)
	[ -n "$lines" ] || return 0
	echo "$1" >>"$breaches"
	printf 'lint: %s\n' "$1"
	printf '%s\n' "$lines" | sed 's/^/    /'
}

# The source files: those that git knows, or all files if git knows none, as in an unpacked tarball.
known=$(git ls-files -- '*.c' '*.h' '*.cpp' '*.hpp' '*.sh' 2>/dev/null)
[ -n "$known" ] || known=$(find . \( -path ./build -o -name '.?*' \) -prune -o -type f -print | sed 's|^\./||')
c_files() { grep -E '\.([ch]|[ch]pp)$' <<<"$known"; }
sh_files() { grep '\.sh$' <<<"$known"; }

grep -nE '__atomic_|\bck_pr_|atomic_(load|store|fetch|thread_fence)|\bvolatile\b' lib/*.h lib/*/*.[ch] tools/*.[ch] tools/*/*.[ch] httpd/*.[ch] httpd/*/*.[ch] 2>/dev/null |
	grep -vE '^lib/(base/shm_atomic|headway)\.h:' | grep -vE 'volatile (unsigned char|sig_atomic_t)' |
	breach 'memory orders belong to lib/base/shm_atomic.h'

tests/lint.d/modules.sh | breach 'modules include earlier ones only: see tests/modules'

# Each tag must occur at both ends of its pair, in a comment at the access.
for tag in W1 W3 R1 R2 C1 P1 P2; do
	count=$(grep -hE "/\*.*\b$tag\b|^ \*.*\b$tag\b|// .*\b$tag\b" lib/*/*.[ch] | wc -l)
	[ "$count" -ge 2 ] || echo "$tag: $count mention(s)"
done | breach 'an ordered access has a tag, and a tag has two ends'

c_files | xargs grep -nIiE '\b(TODO|FIXME|XXX|HACK)\b' 2>/dev/null | breach 'unfinished by its own words'
c_files | xargs wc -l | awk '$2 != "total" && $1 > 700 { print $2 ": " $1 " lines" }' |
	breach 'a file has at most 700 lines'

tests/torture/mutants.sh --apply | grep 'does not apply' | breach 'a mutant has nothing to change: see tests/torture/mutants.sh'

# The output depends on the version of clang-format; this project uses 14.
formatter=$(command -v clang-format-14 || command -v clang-format)
if [[ $("${formatter:-true}" --version) == *'version 14.'* ]]; then
	c_files | xargs "$formatter" --dry-run 2>&1 | grep -E 'warning:' | sed 's/: warning.*//' | sort -u | head -n 20 |
		breach 'not as clang-format would have it (make format)'
else
	echo 'NOTE no clang-format 14 here: the layout was not looked at'
fi
if [ "$all" = --all ] && command -v shellcheck >/dev/null; then
	sh_files | xargs shellcheck -x -S warning | grep -E '^In ' | head -n 20 | breach 'shellcheck'
fi

exported=$(nm -D --defined-only build/release/libheadway.so 2>/dev/null | awk '{ print $3 }' | grep -v '^HEADWAY_' | sed 's/@.*//' | sort -u)
if [ -n "$exported" ] && [ -f lib/exported ]; then
	diff <(grep -v '^#' lib/exported) <(printf '%s\n' "$exported") | grep '^[<>]' |
		breach 'exported symbols differ from lib/exported (< missing, > new)'
fi
[ -s "$breaches" ] && exit 1
echo 'lint: clean'
