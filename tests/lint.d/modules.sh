#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# tests/modules/FOLDER lists the modules of FOLDER in the order of their dependencies, one per line:
# tools/base/say is say.c and say.h. A module may include those before it, and no other file of the
# project except <headway.h>, so there are no cycles. Modules of another folder may stand in the list: those
# behind them may include them, and the list of their own folder judges them. Prints each violation;
# exit code 1 if there is one.
#
#   tests/lint.d/modules.sh [FOLDER...]     from the top of the source tree; without FOLDER: all lists
set -u
[ $# -gt 0 ] || set -- tests/modules/*

# Lines "FILE HEADER" for each include of a header in quotation marks.
quoted_includes() { # FILE...
	[ $# -eq 0 ] || grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]+"' "$@" |
		sed -E 's/:[^"]*"(.*)"$/ \1/'
}

check() { # FOLDER
	local folder=$1 files others
	mapfile -t files < <(git ls-files -- "$folder/*.c" "$folder/*.h" 2>/dev/null)
	[ ${#files[@]} -gt 0 ] || mapfile -t files < <(find "$folder" -name '*.[ch]')
	mapfile -t others < <(sed -E 's/#.*//; s/[[:space:]]+$//' "tests/modules/$folder" | grep -v "^$folder/" | grep .)
	{
		sed -E 's/#.*//; s/[[:space:]]+$//; /^$/d; s/^/module /' "tests/modules/$folder"
		for file in "${files[@]}" "${others[@]/%/.c}" "${others[@]/%/.h}"; do
			[ ! -e "$file" ] || echo "file $file"
		done
		quoted_includes "${files[@]}" 2>/dev/null | sed 's/^/include /'
	} | awk -v folder="$folder" '
		function module(file) { sub(/\.[ch]$/, "", file); return file }
		function breach(text) { print text; failed = 1 }
		function resolve(file, header, beside) {
			beside = file
			sub(/[^\/]*$/, "", beside)
			if (beside header in files)
				return beside header
			if (folder "/" header in files)
				return folder "/" header
			for (beside in others)
				if (beside "/" header in files)
					return beside "/" header
			return ""
		}
		function check_include(file, header, found) {
			found = resolve(file, header)
			if (!found)
				breach(file " includes \"" header "\", which is not in " folder "/")
			else if (place[module(found)] > place[module(file)])
				breach(file " includes " found ", a later module")
		}
		$1 == "module" && $2 in place { breach(list " lists " $2 " twice") }
		$1 == "module" { place[$2] = ++count }
		$1 == "file" { files[$2]; has_file[module($2)] }
		$1 == "file" && index($2, folder "/") != 1 { sub(/\/.*/, "", $2); others[$2] }
		$1 == "include" { from[++includes] = $2; to[includes] = $3 }
		BEGIN { list = "tests/modules/" folder }
		END {
			for (name in place)
				if (!(name in has_file))
					breach(list " lists " name ", which does not exist")
			for (name in has_file)
				if (!(name in place))
					breach(list " does not list " name)
			for (i = 1; i <= includes; i++)
				check_include(from[i], to[i])
			exit failed
		}'
}

status=0
for list; do
	[ -e "tests/modules/${list##*/}" ] || continue
	check "${list##*/}" || status=1
done
exit $status
