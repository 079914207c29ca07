#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command has a manual page that describes each of its options and no others. Every function,
# member and constant of the header is described in a page of the library, with the same prototype;
# the drawing of the layout matches layout.h; the example runs.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
root=$here/../..
pages=$root/tools/cmd man=$root/lib/man

# ---- the commands
# Lines "PAGE LETTER OPTION", from input in which a line with a path begins each page.
by_page() { awk '/^\// { page = $0; sub(/.*\//, "", page); next } { print page, $0 }' | sort; }
in_help() { sed -nE '/^\//p; s/^  (-(.), |    )--([a-z-]+).*/\2 \3/p' | by_page; }
in_pages() {
	sed -snE '1F; s/^\.It (Fl (.) , )?Fl \\-([a-z\\-]+).*/\2 \3/p; s/^\.It (Fl (.) ,) -([a-z-]+).*/\2 \3/p
		s/^\.It ()()Fl -([a-z-]+).*/\2 \3/p' "$@" | tr -d '\134' | by_page
}
try headway help
commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' <<<"$out")
is 'there are commands' 0 $((${#commands} == 0))
overview=$(<"$root/tools/headway.1")
for command in $commands; do
	ok "headway-$command.1 is there" test -r "$pages/headway-$command.1"
	like "headway.1 has $command" "*.It Cm $command*" "$overview"
done
for page in "$pages"/headway-*.1; do
	name=${page##*/headway-}
	like "$name is of a command" *$'\n'"${name%.1}"$'\n'* $'\n'"$commands"$'\n'
done
in_help >"$folder/in_help" < <(
	for command in $commands; do
		echo "/headway-$command.1"
		headway "$command" --help
	done
	echo '/headway.1'
	headway --help
	echo '/headway-httpd.8'
	"$BIN/headway-httpd" --help
	[ ! -x "$BIN/headway-relay" ] || { echo '/headway-relay.8'; "$BIN/headway-relay" --help; }
)
pages=("$root"/tools/{,*/}headway*.1 "$root/httpd/headway-httpd.8")
[ ! -x "$BIN/headway-relay" ] || pages+=("$root/fleet/relay/headway-relay.8")
in_pages "${pages[@]}" >"$folder/in_pages"
ok 'options are told' test -s "$folder/in_help"
is 'the pages have the options, and no other' '' "$(diff "$folder/in_help" "$folder/in_pages" | grep '^[<>]')"

# ---- the calls
need gcc
section() { # SECTION FILE
	awk -v title=".Sh $1" '/^\.Sh / { on = $0 == title } on' "$2"
}
calls=$({
	cat "$root/lib/exported"
	grep -oE '\bheadway_[a-z_]+\(' "$root/lib/headway.h" | tr -d '('
} | grep -vxE "headway_record_is_(live|ours)" | sort -u)
# Lines "KIND CALL" of what the pages describe, each once.
awk 'FNR == 1 { section = "" }
	/^\.Sh / { section = $2 }
	section == "NAME" && $1 == ".Nm" { print "name", $2 }
	section == "SYNOPSIS" && $1 == ".Fo" { print "prototype", $2 }
	section == "DESCRIPTION" && $1 == ".Fn" && !seen[FILENAME, $2]++ {
		print FILENAME ~ /headway.3$/ ? "overview" : "description", $2
	}' "$man"/*.3 | grep -vE ' headway(_id)?$| urcu' | sort >"$folder/what_pages_have"
is 'each call has a page, a prototype, and a place in headway(3)' '' "$(diff \
	<(for kind in name overview prototype; do printf "$kind %s\n" $calls; done) \
	<(grep -v ^description "$folder/what_pages_have") | grep '^[<>]')"
is 'each call is described' '' "$(diff <(echo "$calls") \
	<(sed -n 's/^description //p' "$folder/what_pages_have" | uniq) | grep '^[<>]')"
for title in NAME SYNOPSIS DESCRIPTION 'THREADS AND PROCESSES' 'RETURN VALUES' 'SEE ALSO'; do
	without=''
	for page in "$man"/headway_*.3; do
		[[ $(<"$page") == *$'\n'".Sh $title"$'\n'* ]] || without+=" $page"
	done
	is "no page without $title" '' "$without"
done
# The prototypes of the pages, compiled after those of the header.
{
	echo '#define HEADWAY_NO_INLINE'
	echo '#include <headway.h>'
	awk '{ gsub(/"/, "") }
		FNR == 1 { on = 0 }
		/^\.Sh / { on = $0 == ".Sh SYNOPSIS" }
		!on { next }
		$1 == ".Ft" { sub(/^\.Ft /, ""); type = $0 }
		$1 == ".Fo" { line = type " " $2 "("; comma = "" }
		$1 == ".Fa" { sub(/^\.Fa /, ""); line = line comma $0; comma = ", " }
		$1 == ".Fc" { print line ");" }' "$man"/headway_*.3
} >"$folder/prototypes.c"
is 'as many prototypes as calls' "$(wc -l <<<"$calls")" "$(grep -c ');$' "$folder/prototypes.c")"
ok 'they are those of the header' gcc -std=c11 -Werror -fsyntax-only -I "$root/lib" "$folder/prototypes.c"

# ---- members, constants, errors
preprocessed() { gcc -E -P -DHW__INTERNAL -I "$root/lib" "$1" | tr '\n' ' '; } # FILE: in one line
fields() { # STRUCT-PATTERN: "struct field", a line each
	grep -oE "struct ($1) \{[^}]*\}" | awk '{
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
	[fsck_report]=reap [info]=reap) members=() described=()
preprocessed "$root/lib/headway.h" >"$folder/header"
while read -r struct member; do members[${struct#headway_}]+="$member "; done \
	< <(fields 'headway_[a-z_]+' <"$folder/header")
while read -r page word; do described[$page $word]=1; done < <(awk '
	FNR == 1 { on = 0; page = FILENAME; sub(/.*headway_/, "", page); sub(/\.3$/, "", page) }
	/^\.Sh / { on = $0 == ".Sh DESCRIPTION" }
	on && /^\.(It )?Fa / { gsub(/[^a-z_0-9]+/, " "); for (i = 1; i <= NF; i++) print page, $i }' "$man"/headway_*.3)
for struct in "${!page_of[@]}"; do
	is "$struct has members" 1 $((${#members[$struct]} > 0))
	undescribed=''
	for member in ${members[$struct]}; do
		[ -n "${described[${page_of[$struct]} $member]-}" ] || undescribed+=" $member"
	done
	is "each member of $struct has a line" '' "$undescribed"
done
missing() { # FILE...: those words of standard input that no line of the files contains
	local words
	words=$(grep -ohE '[A-Za-z_0-9]+' "$@" | sort -u)
	sort -u | comm -23 - <(printf '%s\n' "$words")
}
is 'each constant has a line' '' "$(grep -oE 'enum \{[^}]*\}' "$folder/header" |
	grep -oE 'HEADWAY_[A-Z_]+' | missing "$man"/*.3)"
is 'each error has a line' '' "$(grep -oE -- '-E[A-Z0-9]{2,}' "$root/lib/headway.h" | tr -d - | missing "$man"/*.3)"

# ---- the layout
arena=$man/headway-arena.5
is 'the layout version' "$(sed -n 's/^#define HW__LAYOUT_VERSION \(.*\)u/\1/p' "$root/lib/base/layout.h")" \
	"$(sed -n 's/.*describes layout version \(.*\)\.$/\1/p' "$arena")"
is 'each field has a line' '' "$(preprocessed "$root/lib/base/layout.h" | fields 'hw__[a-z_]+' | cut -d ' ' -f 2 |
	grep -vE '^(zero.*|h)$' | missing "$arena")"
{
	echo '#include "base/layout.h"'
	awk 'BEGIN { split("header member_line watch slot block_head extent_head", of) }
		$1 == ".It" && $3 == "at" { s = "hw__" of[++table] }
		$1 == ".It" && $2 ~ /^[0-9]+$/ && $6 ~ /^[0-9]+$/ && s {
			t = $4 == "entries" ? "hw__block" : $4 == "data" ? "hw__extent" : s
			printf "_Static_assert(offsetof(struct %s, %s) == %d, \"%s\");\n", t, $4, $2, $4
			printf "_Static_assert(sizeof(((struct %s *)0)->%s) == %d, \"%s\");\n", t, $4, $6, $4
		}' "$arena"
} >"$folder/layout.c"
is 'offsets are told' 1 $(($(wc -l <"$folder/layout.c") > 70))
ok 'offsets and sizes are those of the layout' gcc -std=gnu11 -fsyntax-only -DHW__INTERNAL \
	-I "$root/lib" "$folder/layout.c"

# ---- the example
section EXAMPLES "$man/headway.3" | sed -e '1,/^\.Bd/d' -e '/^\.Ed/,$d' -e 's/\\e/\\/g' >"$folder/example.c"
ok 'the example compiles' gcc -Wall -Wextra -Werror -I "$root/lib" -o "$folder/example" "$folder/example.c" \
	"$BIN/libheadway.a" -lpthread
ok 'and runs' "$folder/example"
is 'and says what it did' 'Finished 1000 {"documents":1000}' \
	"$(headway dump | jq -r '"\(.status) \(.done) \(.results | tojson)"')"

if command -v mandoc >/dev/null; then
	# Whether other pages are installed on this machine does not matter here.
	is 'mandoc finds nothing' '' "$(mandoc -Tlint "$root"/tools/{,*/}*.1 "$root"/httpd/*.8 "$root"/fleet/relay/*.8 "$man"/* 2>/dev/null |
		grep -v 'referenced manual not found')"
fi
finish
