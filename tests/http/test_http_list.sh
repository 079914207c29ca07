#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The list: filters, order, pages, lines, compression.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
serve --period 50
ids=()
for i in $(seq 1 12); do ids+=("$("$headway" start --name "job-$(printf %02d $((i * 7 % 13)))" --total 100)"); done
"$headway" finish "${ids[0]}"
"$headway" error "${ids[1]}" bad
"$headway" add "${ids[5]}" 5
list=$url/_/status/
names() { jq -r '.[].name'; }

all=$(fresh "$list")
is 'all, in order of start' "$(jq -r '.[].id' <<<"$all")" "$(printf '%s\n' "${ids[@]}")"
is 'reversed' "$(fresh "$list?sort=-started" | jq -r '.[].id')" "$(jq -r 'reverse[].id' <<<"$all")"
is 'by name' "$(fresh "$list?sort=name" | names)" "$(names <<<"$all" | sort)"
is 'by done' "$(fresh "$list?sort=-done&limit=1" | jq -r '.[0].id')" "${ids[5]}"
is 'status' "$(fresh "$list?status=Finished" | jq -r '.[].id')" "${ids[0]}"
is 'statuses' "$(fresh "$list?status=error,Running" | jq length)" 11
is 'glob' "$(fresh "$list?name=job-0%3F" | names | grep -vc '^job-0.$')" 0
is 'glob set' "$(fresh "$list?name=job-%5B01%5D%5B3-5%5D&sort=name" | names | tr '\n' ' ')" 'job-03 job-04 job-05 '
is 'none' "$(fresh "$list?name=nothing")" '[]'
took=$(curl -s -o /dev/null -w '%{time_total}' "$list?name=$(printf '*a%.0s' $(seq 1 100))")
awk "BEGIN {exit !($took < 15)}" || fail "a pattern with a hundred stars took $took s"

# pages: each record once, although others are started and removed meanwhile
token='' pages=0 seen=()
while :; do
	head=$(get -D "$dir/head" -H 'Cache-Control: no-cache' "$list?sort=name&limit=5${token:+&page_token=$token}")
	mapfile -t -O ${#seen[@]} seen < <(names <<<"$head")
	pages=$((pages + 1))
	token=$(tr -d '\r' <"$dir/head" | sed -n 's/^Headway-Next-Page: //ip')
	[ -n "$token" ] || break
	link=$(tr -d '\r' <"$dir/head" | sed -n 's/^Link: //ip')
	has 'Link' "$link" "^<\?sort=name&limit=5&page_token=$token>; rel=\"next\"$"
	# sorted before what was already sent: not shown
	"$headway" start --name aaa-early >/dev/null
	"$headway" rm "$("$headway" dump --format json | jq -r '.[] | select(.name == "'"${seen[-1]}"'") | .id')" >/dev/null 2>&1
done
is 'pages' "$pages" 3
is 'each once' "${seen[*]}" "$(printf 'job-%02d ' $(seq 1 12) | sed 's/ $//')"

# pages of an unchanged list: nothing twice, nothing missing, no empty page at the end
next_page() { tr -d '\r' <"$dir/head" | sed -n 's/^Headway-Next-Page: //ip'; }
paged() { # SORT LIMIT: sets seen, all ids in the order of the pages, and pages, their number
	local token=''
	seen=() pages=0
	while :; do
		mapfile -t -O ${#seen[@]} seen < <(get -D "$dir/head" "$list?sort=$1&limit=$2${token:+&page_token=$token}" | jq -r '.[].id')
		pages=$((pages + 1))
		token=$(next_page)
		[ -n "$token" ] || return
	done
}
count=$(fresh "$list" | jq length)
for sort in started -done status id -name; do
	paged "$sort" 7
	is "pages by $sort" "${seen[*]}" "$(get "$list?sort=$sort" | jq -r '[.[].id] | join(" ")')"
done
paged -name "$count"
is 'a limit of as many as there are' "$pages" 1
paged -name $((count - 1))
is 'one record on the last page' "$pages ${#seen[@]}" "2 $count"
get -D "$dir/head" "$list?limit=3" >/dev/null
is 'a page token without a limit' "$(get "$list?page_token=$(next_page)" | jq length)" $((count - 3))

# lines
all=$(fresh "$list" | jq -r '.[].id')
lines=$(fresh -H 'Accept: application/x-ndjson' "$list")
is 'ndjson type' "$(header content-type -H 'Accept: application/x-ndjson' "$list")" application/x-ndjson
is 'ndjson lines' "$(wc -l <<<"$lines")" "$(wc -l <<<"$all")"
is 'ndjson is the same' "$(jq -r .id <<<"$lines")" "$all"

# compression of large answers
plain=$(fresh "$list?status=Running" | jq -r '.[].id')
is 'gzip header' "$(header content-encoding -H 'Accept-Encoding: gzip' "$list")" gzip
is 'gzip body' "$(fresh --compressed "$list?status=Running" | jq -r '.[].id')" "$plain"
is 'not asked for' "$(header content-encoding "$list")" ''
is 'refused' "$(header content-encoding -H 'Accept-Encoding: gzip;q=0' "$list")" ''
is 'refused with more zeros' "$(header content-encoding -H 'Accept-Encoding: gzip; q=0.00' "$list")" ''
is 'accepted with less weight' "$(header content-encoding -H 'Accept-Encoding: br, gzip;q=0.5' "$list")" gzip
is 'Vary' "$(header vary "$list")" 'Accept, Accept-Encoding'
is 'not for little' "$(header content-encoding -H 'Accept-Encoding: gzip' "$list?limit=1")" ''

# many records and active writers: always well-formed, no record twice
churn=()
for _ in 1 2 3; do
	(for _ in 1 2 3 4 5 6 7 8; do i=$("$headway" start --name churn); "$headway" finish "$i"; done >/dev/null) &
	pids+=($!)
	churn+=($!)
done
for ((i = 0; i < 6; i++)); do fresh "$list" >>"$dir/lists"; done
is 'well-formed' "$(jq -s length "$dir/lists")" 6
is 'no doubles' "$(jq -c '[.[].id] | group_by(.)[] | select(length > 1)' "$dir/lists")" ''
stop
is 'exit code' "$code" 0

wait "${churn[@]}"
# the times of a running record advance in the list, although nothing else of it changes
serve --period 20
list=$url/_/status/
elapsed() { fresh "$list?status=Running&limit=1" | jq '.[0].elapsed_seconds'; }
first=$(elapsed)
later() { awk "BEGIN {exit !($(elapsed) > $first)}"; }
within later
stop

# a client that asks for it gets a list no older than its request, however long the period
serve --period 60000
list=$url/_/status/
get "$list" >/dev/null
newest=$("$headway" start --name newest)
is 'no-cache' "$(fresh "$list?sort=-started&limit=1" | jq -r '.[0].id')" "$newest"
is 'and others see that too' "$(get "$list?sort=-started&limit=1" | jq -r '.[0].id')" "$newest"
stop
finish
