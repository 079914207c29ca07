#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Sort keys and patterns of names are the same in `dump`, `top`, lists over HTTP and the page; pages of a
# list neither repeat nor skip a record, whatever moves meanwhile.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
page=$dir/modules # a copy that says what its files are, since Node 18 does not look into them
mkdir "$page" && cp "$(dirname "$0")"/../../httpd/page/*.js "$page" && echo '{"type":"module"}' >"$page/package.json"
"$headway" init >/dev/null
serve --period 20
list=$url/_/status/

start() { "$headway" start "$@"; }
running=() over=()
# Neither order changes as time goes by: those that will be over start last, so they ran for less time than
# any that runs, and their rates are higher; the amounts of those that run are far apart.
for spec in 'job-b 4096 1024' 'job-A 10 4' 'job-a 0 64' 'über 1000 256' 'ab]c 0 0' 'x*y 3 16' 'tab 500 0' '日本 8 1'; do
	read -r name total amount <<<"$spec"
	running+=("$(start --name "$name" --total "$total")")
	[ "$amount" = 0 ] || "$headway" add "${running[-1]}" "$amount"
done
"$headway" message "${running[2]}" Stage late
for spec in 'job-10 50000000000 50000000000' 'job-1 0 0' 'job-9 9000000000 3000000000' 'Z 0 900000000000' 'job-b 400 0'; do
	read -r name total amount <<<"$spec"
	over+=("$(start --name "$name" --total "$total")")
	[ "$amount" = 0 ] || "$headway" add "${over[-1]}" "$amount"
done
"$headway" finish "${over[0]}"
"$headway" error "${over[2]}" bad
"$headway" finish "${over[1]}"
"$headway" error "${over[4]}" worse
"$headway" finish "${over[3]}"
exec {input}> >(exec "$headway" run --name doomed -- cat >/dev/null) # once it is closed, cat ends too
pids+=($!)
doomed() { [ -n "$("$headway" dump --name doomed --status "$1" --format ndjson)" ]; }
within doomed running
kill -KILL "${pids[-1]}"
wait "${pids[-1]}" 2>/dev/null
exec {input}>&-
within doomed lost
over+=("$(start --name late)") # after the lost one, so that their order by status is not that of their start
"$headway" error "${over[5]}" 'too late'
"$headway" reap >/dev/null # each reader says of an unreaped one that it ended when it saw that

# The ids of lines that were read, without a program for each line.
ids() {
	local line found=()
	while read -r line; do
		[[ $line =~ [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12} ]] && found+=("${BASH_REMATCH[0]}")
	done
	echo "${found[*]}"
}
of_dump() { "$headway" dump --format table --fields id "$@" | ids; }
of_top() { "$headway" top --plain --count 1 --flat "$@" | ids; }
of_http() { fresh "$@" -H 'Accept: application/x-ndjson' | ids; }

keys=(started updated finished name status progress 'done' rate elapsed id)
signed=("${keys[@]}" "${keys[@]/#/-}")
is 'the keys of the tool' "$("$headway" dump --help | tr -s '\n ' ' ' | grep -o 'one of: started .* id -r')" "one of: ${keys[*]} -r"
count=$(($(of_dump | wc -w)))
is 'records' "$count" 15
declare -A of_page
if command -v node >/dev/null; then
	mapfile -t lines < <(fresh "$list" | node "$(dirname "$0")/order.mjs" "$page/model.js" "${signed[@]}")
	for i in "${!signed[@]}"; do of_page[${signed[i]}]=${lines[i]:-}; done
fi
for key in "${signed[@]}"; do
	dumped=$(of_dump --sort "$key")
	is "dump --sort $key: each record" "$(wc -w <<<"$dumped")" "$count"
	is "HTTP, $key" "$(of_http "$list?sort=$key")" "$dumped"
	is "top, $key" "$(of_top --sort "$key")" "$dumped"
	[ -z "${of_page[*]}" ] || is "the page, $key" "${of_page[$key]:-}" "$dumped"
done

patterns=('*' 'job-*' 'job-?' 'job-[ab]' 'job-[!ab]' 'job-[[:upper:]]' 'job-[[:digit:]]*' '[[:alpha:]]' '?ber' '[ä-ü]ber' '??'
	'ab[]]c' 'ab[x]c' '*[]]*' 'x\*y' 'x*y' '[' '[a' '*[[:punct:]]*' '*a*b*c*' '\' '[[:toString:]]' '[^j]*' 'job-[a-]' '**b')
if command -v node >/dev/null; then
	mapfile -t lines < <(fresh "$list" | node "$(dirname "$0")/order.mjs" "$page/model.js" "${patterns[@]/#/name:}")
	for i in "${!patterns[@]}"; do of_page[name:${patterns[i]}]=${lines[i]:-}; done
fi
matched=0
for pattern in "${patterns[@]}"; do
	dumped=$(of_dump --name "$pattern")
	matched=$((matched + $(wc -w <<<"$dumped")))
	is "HTTP, $pattern" "$(of_http -G --data-urlencode "name=$pattern" "$list")" "$dumped"
	is "top, $pattern" "$(of_top --name "$pattern")" "$dumped"
	[ -z "${of_page[*]}" ] || is "the page, $pattern" "${of_page[name:$pattern]:-}" "$dumped"
done
[ "$matched" -gt 30 ] || fail "only $matched matches"
is 'a class' "$(of_dump --name 'job-[[:upper:]]')" "${running[1]}"
is 'a letter of two bytes' "$(LC_ALL=C of_dump --name '?ber')" "${running[3]}"

# Pages while records move: those that the first page did not show leap to its place, and back.
next_page() { tr -d '\r' <"$dir/head" | sed -n 's/^Headway-Next-Page: //ip'; }
rows=()
for i in 1 2 3 4 5 6 7 8 9; do rows+=("$(start --name "row-$i" --total 1000)"); "$headway" set "${rows[-1]}" $((i * 10)); done
leap() { # SORT: each record to the other end
	case $1 in
	*status | *finished) [ ${#rows[@]} -gt 0 ] && "$headway" finish "${rows[0]}" && rows=("${rows[@]:1}") ;;
	*updated) for id in "${rows[@]}"; do "$headway" message "$id" Step "$RANDOM"; done ;;
	*elapsed) "$headway" finish "${rows[-1]}" && unset 'rows[-1]' ;;
	*) for ((i = ${#rows[@]}; i--; )); do "$headway" set "${rows[i]}" $(((i * 7 + pages * 5) % 11 * 10)); done ;;
	esac
}
for sort in -rate progress -progress 'done' -updated updated -elapsed -finished status; do
	expected=$(of_http "$list?name=row-*&sort=$sort")
	token='' seen=() pages=0
	while :; do
		fresh -g -D "$dir/head" -o "$dir/page" -H 'Accept: application/x-ndjson' "$list?name=row-*&sort=$sort&limit=2${token:+&page_token=$token}"
		read -ra shown < <(ids <"$dir/page")
		seen+=("${shown[@]}")
		token=$(next_page)
		pages=$((pages + 1))
		[ -n "$token" ] || break
		[ $pages -le 5 ] || { fail "$sort: more pages than there can be"; break; }
		leap "$sort"
	done
	is "pages by $sort" "${seen[*]}" "$expected"
done

# A page shows what still matches, and omits what is gone.
fresh -D "$dir/head" "$list?sort=-done&limit=1" >/dev/null
token=$(next_page)
gone=$(of_http "$list?sort=-done&limit=2" | cut -d' ' -f2)
"$headway" rm "$gone" >/dev/null
rest=$(of_http "$list?sort=-done&page_token=$token")
is 'all but the first and the one that is gone' "$(wc -w <<<"$rest")" $(($(fresh "$list" | jq length) - 1))
hasnt 'it is gone' "$rest" "$gone"

fresh -D "$dir/head" "$list?status=Running&sort=-progress&limit=1" >/dev/null
ended=$(of_http "$list?status=Running&sort=-progress&limit=3" | cut -d' ' -f3)
"$headway" finish "$ended"
hasnt 'it matches no more' "$(of_http "$list?status=Running&sort=-progress&page_token=$(next_page)")" "$ended"

# Tokens: of another order, of no order, of one that others pushed out.
is 'a token of another order' "$(code_of "$list?sort=name&page_token=$token")" 400
is 'no token' "$(code_of "$list?sort=done&page_token=12-")" 400
is 'an order that never was' "$(code_of "$list?sort=done&page_token=77-${token#*-}")" 410
is 'kept' "$(code_of "$list?sort=-done&page_token=$token")" 200
get "$list?sort=-done&limit=1&n=[1-300]" >/dev/null
request_all "$list?sort=-done&page_token=$token"
is 'pushed out' "$status" 410
has 'what to do' "$body" 'begin again'
stop
finish
