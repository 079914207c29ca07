#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command has a manual page, every option of it a line there, and no line is of an option that
# there is not.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
pages=$here/../../tools

in_help() { headway "$1" --help | sed -nE 's/^  (-(.), |    )--([a-z-]+).*/\2 \3/p' | sort; }
in_page() {
	sed -nE 's/^\.It (Fl (.) , )?Fl \\-([a-z\\-]+).*/\2 \3/p' "$1" | tr -d '\134' | sort
}
commands=$(headway help | sed -n 's/^  \([a-z]*\)  .*/\1/p')
is 'there are commands' 0 $((${#commands} == 0))
for command in $commands; do
	page=$pages/headway-$command.1
	ok "headway-$command.1 is there" test -r "$page"
	is "headway-$command.1 has the options" "$(in_help "$command")" "$(in_page "$page")"
	like "headway.1 has $command" "*.It Cm $command*" "$(cat "$pages/headway.1")"
done
for page in "$pages"/headway-*.1; do
	name=$(basename "$page" .1)
	ok "$name.1 is of a command" grep -qx "${name#headway-}" <<<"$commands"
done
if command -v mandoc >/dev/null; then
	# Whether the other pages are installed on this machine says nothing about these.
	is 'mandoc finds nothing' '' "$(mandoc -Tlint "$pages"/*.1 2>&1 |
		grep -vE 'referenced manual not found|outdated mandoc.db')"
fi
finish
