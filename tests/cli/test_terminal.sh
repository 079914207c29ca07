#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Output to a terminal: no control characters from texts, and colors unless they are switched off.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need script

# on_terminal COMMAND: prints the bytes that it writes to a terminal
on_terminal() {
	script -qec "stty cols 110 -onlcr; $1" /dev/null </dev/null 2>&1
}
b="'$BIN/headway'"
export TERM=xterm

headway init --slots 64 --bytes 2M >/dev/null
id=$(headway start $'evil \e]0;title\a\x7f \xc2\x9b31m \xe2\x80\xae \xe2\x80\x8b end' -m Step=1)
text=$(on_terminal "NO_COLOR=1 $b dump -F id,status,name")
like 'a table on a terminal' "*ID*STATUS*NAME*$id*Running*" "$text"
is 'no control characters in it' '' "$(tr -d '\n' <<<"$text" | tr -dc '\000-\037\177')"
like 'they are spelled' '*\\x1b\]0;title\\x07\\x7f \\u009b31m \\u202e*' "$text"
text=$(on_terminal "$b dump -f ndjson")
is 'nor in JSON' '' "$(tr -d '\n' <<<"$text" | tr -dc '\000-\037\177')"
is 'nor those of eight bits' 0 "$(LC_ALL=C grep -c $'\xc2\x9b' <<<"$text")"
is 'which is the same JSON' "$(headway dump -f ndjson | jq -c '.name, .messages')" \
	"$(jq -c '.name, .messages' <<<"$text")"
is 'without the character that turns text round' 0 "$(grep -c $'\xe2\x80\xae' <<<"$text")"
is 'which a file gets as it is' 1 "$(headway dump -f ndjson | grep -c $'\xe2\x80\xae')"

like 'colours on a terminal' $'*\e\\[36mRunning\e\\[0m*' "$(on_terminal "$b dump")"
is 'no colours with NO_COLOR' 0 "$(on_terminal "NO_COLOR=1 $b dump" | grep -c $'\e')"
is 'no colours on a dumb one' 0 "$(on_terminal "TERM=dumb $b dump" | grep -c $'\e')"
is 'no colours in a file' 0 "$(headway dump -f table | grep -c $'\e')"

long=$(printf 'x%.0s' {1..300})
headway message "$id" Long "$long"
is 'lines are cut at the edge' 110 \
	"$(on_terminal "NO_COLOR=1 $b dump -F messages,name $id" | tail -n 1 | tr -d '\r\n' | wc -m)"
like 'which is marked' '*x…' "$(on_terminal "NO_COLOR=1 $b dump -F messages,name $id" | tail -n 1 | tr -d '\r')"
like 'a file gets them whole' "*$long*" "$(headway dump -f table -F messages "$id")"
like 'without UTF-8 there is none' '*x~' \
	"$(on_terminal "LC_ALL=C NO_COLOR=1 $b dump -F messages,name $id" | tail -n 1 | tr -d '\r')"

headway start $'caf\xc3\xa9' >/dev/null
like 'without UTF-8 characters are spelled' '*caf\\u00e9*' \
	"$(on_terminal "LC_ALL=C NO_COLOR=1 $b dump -F name")"
marks=$(headway start "$(printf '\xcc\x81%.0s' {1..50})")
like 'marks do not pile up' '*\\u0301*' "$(on_terminal "$b dump -F name $marks")"
headway error "$id" $'\e[2Jgone'
like 'messages on standard error are spelled, too' '*\\x1b\[2Jgone*' "$(on_terminal "$b wait $id")"
finish
