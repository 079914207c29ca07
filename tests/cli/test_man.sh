#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command has a manual page, every option of it a line there, and no line is of an option that
# there is not.  Every call, member and constant of the header has a line in a page of the library,
# with the same prototype; the drawing of the layout is the layout's; the example runs.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$here/../.." && pwd)
pages=$root/tools man=$root/lib/man

# ---- the commands
in_help() { sed -nE 's/^  (-(.), |    )--([a-z-]+).*/\2 \3/p' | sort; }
in_page() {
	sed -nE 's/^\.It (Fl (.) , )?Fl \\-([a-z\\-]+).*/\2 \3/p; s/^\.It (Fl (.) ,) -([a-z-]+).*/\2 \3/p
		s/^\.It ()()Fl -([a-z-]+).*/\2 \3/p' "$1" | tr -d '\134' | sort
}
commands=$(headway help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
is 'there are commands' 0 $((${#commands} == 0))
for command in $commands; do
	page=$pages/headway-$command.1
	ok "headway-$command.1 is there" test -r "$page"
	is "headway-$command.1 has the options" "$(headway "$command" --help | in_help)" "$(in_page "$page")"
	like "headway.1 has $command" "*.It Cm $command*" "$(cat "$pages/headway.1")"
done
for page in "$pages"/headway-*.1; do
	name=$(basename "$page" .1)
	ok "$name.1 is of a command" grep -qx "${name#headway-}" <<<"$commands"
done
is 'headway.1 has the options' "$(headway --help | in_help)" "$(in_page "$pages/headway.1")"
is 'headway-httpd.8 has the options' "$("$BIN/headway-httpd" --help | in_help)" \
	"$(in_page "$root/httpd/headway-httpd.8")"

# ---- the calls
need gcc
section() { # SECTION FILE
	awk -v title=".Sh $1" '/^\.Sh / { on = $0 == title } on' "$2"
}
calls=$({
	cat "$root/lib/exported"
	grep -oE '\bheadway_[a-z_]+\(' "$root/lib/headway.h" | tr -d '('
} | grep -vx headway_record_is_live | sort -u)
# Lines "KIND CALL" of what the pages have, once each.
what_pages_have() {
	awk 'FNR == 1 { section = "" }
		/^\.Sh / { section = $2 }
		section == "NAME" && $1 == ".Nm" { print "name", $2 }
		section == "SYNOPSIS" && $1 == ".Fo" { print "prototype", $2 }
		section == "DESCRIPTION" && $1 == ".Fn" && !seen[FILENAME, $2]++ {
			print FILENAME ~ /headway.3$/ ? "overview" : "description", $2
		}' "$man"/*.3 | grep -vE ' headway(_id)?$| urcu'
}
is 'each call has a page, a prototype, and a place in headway(3)' '' "$(diff \
	<(for kind in name prototype overview; do sed "s/^/$kind /" <<<"$calls"; done | sort) \
	<(what_pages_have | grep -v ^description | sort) | grep '^[<>]')"
is 'each call is described' '' "$(diff <(echo "$calls") \
	<(what_pages_have | sed -n 's/^description //p' | sort -u) | grep '^[<>]')"
for title in NAME SYNOPSIS DESCRIPTION 'THREADS AND PROCESSES' 'RETURN VALUES' 'SEE ALSO'; do
	is "no page without $title" '' "$(grep -L "^\.Sh $title\$" "$man"/headway_*.3)"
done
# The prototypes of the pages, declared once more behind those of the header.
{
	echo '#define HEADWAY_NO_INLINE'
	echo '#include <headway.h>'
	for page in "$man"/headway_*.3; do
		section SYNOPSIS "$page" | tr -d '"' | awk '
			$1 == ".Ft" { sub(/^\.Ft /, ""); type = $0 }
			$1 == ".Fo" { line = type " " $2 "("; comma = "" }
			$1 == ".Fa" { sub(/^\.Fa /, ""); line = line comma $0; comma = ", " }
			$1 == ".Fc" { print line ");" }'
	done
} >"$folder/prototypes.c"
is 'as many prototypes as calls' "$(wc -l <<<"$calls")" "$(grep -c ');$' "$folder/prototypes.c")"
ok 'they are those of the header' gcc -std=c11 -Werror -fsyntax-only -I "$root/lib" "$folder/prototypes.c"

# ---- members, constants, errors
fields() { # FILE STRUCT-PATTERN: "struct field", a line each
	gcc -E -P -I "$root/lib" "$1" | tr '\n' ' ' | grep -oE "struct ($2) \{[^}]*\}" | awk '{
		name = $2; sub(/^[^{]*\{/, ""); sub(/\}$/, "")
		count = split($0, lines, ";")
		for (i = 1; i <= count; i++) {
			parts = split(lines[i], names, ",")
			for (j = 1; j <= parts; j++) {
				sub(/ *\[.*/, "", names[j])
				if (match(names[j], /[a-z_0-9]+ *$/))
					print name, substr(names[j], RSTART)
			}
		}
	}' | tr -s ' ' | sed 's/ $//'
}
declare -A page_of=([options]=open [spec]=start [message]=update [snapshot]=read [reap_policy]=reap [reap_report]=reap
	[fsck_report]=reap [info]=reap)
for struct in "${!page_of[@]}"; do
	members=$(fields "$root/lib/headway.h" "headway_$struct" | cut -d ' ' -f 2 | sort -u)
	is "$struct has members" 1 $((${#members} > 0))
	is "each member of $struct has a line" '' "$(comm -23 <(echo "$members") \
		<(section DESCRIPTION "$man/headway_${page_of[$struct]}.3" | grep -E '^\.(It )?Fa ' |
			grep -oE '[a-z_0-9]+' | sort -u))"
done
missing() { # FILE...: of the words on standard input, those that are in no line of the files
	local words
	words=$(grep -ohE '[A-Za-z_0-9]+' "$@" | sort -u)
	sort -u | comm -23 - <(printf '%s\n' "$words")
}
is 'each constant has a line' '' "$(gcc -E -P "$root/lib/headway.h" | tr '\n' ' ' |
	grep -oE 'enum \{[^}]*\}' | grep -oE 'HEADWAY_[A-Z_]+' | missing "$man"/*.3)"
is 'each error has a line' '' "$(grep -oE -- '-E[A-Z0-9]{2,}' "$root/lib/headway.h" | tr -d - | missing "$man"/*.3)"

# ---- the layout
arena=$man/headway-arena.5
is 'the layout version' "$(sed -n 's/^#define HW__LAYOUT_VERSION \(.*\)u/\1/p' "$root/lib/layout.h")" \
	"$(sed -n 's/.*describes layout version \(.*\)\.$/\1/p' "$arena")"
is 'each field has a line' '' "$(fields "$root/lib/layout.h" 'hw__[a-z_]+' | cut -d ' ' -f 2 |
	grep -vE '^(zero.*|h)$' | missing "$arena")"
{
	echo '#include "layout.h"'
	awk 'BEGIN { split("header member_line slot block_head extent_head", of) }
		$1 == ".It" && $3 == "at" { s = "hw__" of[++table] }
		$1 == ".It" && $2 ~ /^[0-9]+$/ && $6 ~ /^[0-9]+$/ && s {
			t = $4 == "entries" ? "hw__block" : $4 == "data" ? "hw__extent" : s
			printf "_Static_assert(offsetof(struct %s, %s) == %d, \"%s\");\n", t, $4, $2, $4
			printf "_Static_assert(sizeof(((struct %s *)0)->%s) == %d, \"%s\");\n", t, $4, $6, $4
		}' "$arena"
} >"$folder/layout.c"
is 'offsets are told' 1 $(($(wc -l <"$folder/layout.c") > 70))
ok 'offsets and sizes are those of the layout' gcc -std=gnu11 -fsyntax-only -I "$root/lib" "$folder/layout.c"

# ---- the example
section EXAMPLES "$man/headway.3" | sed -e '1,/^\.Bd/d' -e '/^\.Ed/,$d' -e 's/\\e/\\/g' >"$folder/example.c"
ok 'the example compiles' gcc -Wall -Wextra -Werror -I "$root/lib" -o "$folder/example" "$folder/example.c" \
	"$BIN/libheadway.a" -lurcu-bp -lpthread
ok 'and runs' "$folder/example"
is 'and says what it did' 'Finished 1000 {"documents":1000}' \
	"$(headway dump | jq -r '"\(.status) \(.done) \(.results | tojson)"')"

if command -v mandoc >/dev/null; then
	# Whether the other pages are installed on this machine says nothing about these.
	is 'mandoc finds nothing' '' "$(mandoc -Tlint "$pages"/*.1 "$root"/httpd/*.8 "$man"/* 2>/dev/null |
		grep -v 'referenced manual not found')"
fi
finish
