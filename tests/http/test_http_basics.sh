#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# One record, the list, methods, errors, as headway-httpd(8) describes them.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
serve
id=$("$headway" start --name 'job "1" <b>' --total 10)
"$headway" message "$id" Step '1/2'
"$headway" add "$id" 3

# the status view equals the tool's, byte for byte
is 'status view' "$(get "$url/_/status/$id")" "$("$headway" dump --format status "$id")"
is 'code' "$(code_of "$url/_/status/$id")" 200
is 'type' "$(header content-type "$url/_/status/$id")" application/json
is 'nosniff' "$(header x-content-type-options "$url/_/status/$id")" nosniff
is 'pace' "$(header retry-after "$url/_/status/$id")" 1
is 'upper case id' "$(code_of "$url/_/status/${id^^}")" 200

full=$(get "$url/_/status/$id?view=full")
is 'full view: done' "$(jq .done <<<"$full")" 3
is 'full view: name' "$(jq -r .name <<<"$full")" 'job "1" <b>'
is 'full view: version' "$(jq .version <<<"$full")" 2

# HEAD: the same headers, no body
is 'HEAD length' "$(header content-length -X HEAD "$url/_/status/$id")" \
	"$(get "$url/_/status/$id" | wc -c)"
is 'HEAD body' "$(curl -s -I -o /dev/null -w '%{size_download}' "$url/_/status/$id")" 0

# never stale: an update is visible to the next request
for i in 1 2 3 4 5; do
	"$headway" message "$id" Step "$i"
	is 'fresh read' "$(get "$url/_/status/$id" | jq -r '.messages[0].value')" "$i"
done

# a record in Error is still 200, without Retry-After
bad=$("$headway" start --name bad)
"$headway" error "$bad" 'disk full'
is 'Error is 200' "$(code_of "$url/_/status/$bad")" 200
is 'Error status' "$(get "$url/_/status/$bad" | jq -r .status)" Error
is 'no pace when over' "$(header retry-after "$url/_/status/$bad")" ''

# the list
list=$(fresh "$url/_/status/")
is 'list length' "$(jq length <<<"$list")" 2
is 'list has full views' "$(jq -r '.[0].name' <<<"$list")" 'job "1" <b>'
is 'list type' "$(header content-type "$url/_/status/")" application/json

# problems (RFC 9457)
problem() { # WHAT STATUS REQUEST…
	local what=$1 code=$2
	shift 2
	request_all "$@"
	is "$what: code" "$status" "$code"
	is "$what: type" "${fields[content-type]:-}" application/problem+json
	is "$what: kept nowhere" "${fields[cache-control]:-}" no-store
	is "$what: length" "${fields[content-length]:-}" ${#body}
	printf '%s\n' "[$code,$body]" >>"$dir/problems"
}
problem 'no id' 404 "$url/_/status/not-an-id"
problem 'bad view' 400 "$url/_/status/$id?view=x"
problem 'bad wait' 400 "$url/_/status/$id?wait=soon"
problem 'bad since' 400 "$url/_/status/$id?since=-1"
problem 'bad status' 400 "$url/_/status/?status=Done"
problem 'bad limit' 400 "$url/_/status/?limit=0"
problem 'bad token' 400 "$url/_/status/?page_token=zz"
problem 'bad sort' 400 "$url/_/status/?sort=colour"
problem 'unknown id' 404 "$url/_/status/00000000-0000-8000-8000-000000000000"
problem 'unknown path' 404 "$url/nothing"
problem 'below a record' 404 "$url/_/status/$id/more"
problem 'no POST' 405 -X POST "$url/_/status/$id"
problem 'no DELETE' 405 -X DELETE "$url/_/status/$id"
problem 'no PUT' 405 -X PUT --data x "$url/_/status/$id"
problem 'no body' 413 -X GET --data x "$url/_/status/$id"
is 'problems: members' "$(jq -c 'select([.[1].type, .[1].status, (.[1].title | length > 0), (.[1].detail | length > 0)]
	!= ["about:blank", .[0], true, true])' "$dir/problems")" ''
is 'problems: all of them' "$(jq -cs length "$dir/problems")" 15
is 'an empty body is none' "$(code_of -H 'Content-Length: 0' "$url/healthz")" 200
is 'OPTIONS *' "$(code_of -X OPTIONS --request-target '*' "$url")" 204
is 'detail is JSON whatever it quotes' "$(get "$url/_/status/?status=%01%7f%ffx" | jq -r .status)" 400
is 'Allow' "$(header allow -X DELETE "$url/_/status/$id")" 'GET, HEAD, OPTIONS'
is 'OPTIONS' "$(code_of -X OPTIONS "$url/_/status/$id")" 204
has 'detail quotes the value' "$(get "$url/_/status/?status=D%22one" | jq -r .detail)" 'D"one'

# gone: 410 while the arena still knows that the record existed
"$headway" rm "$bad" >/dev/null 2>&1 || "$headway" reap --error-ttl 1 >/dev/null
within test "$(code_of "$url/_/status/$bad")" = 410

is 'a slash is added' "$(header location "$url/_/status")" /_/status/
is 'healthz' "$(get "$url/healthz")" ok
is 'readyz' "$(get "$url/readyz")" ok

# one connection serves many requests
is 'keep-alive' "$(curl -s -o /dev/null -o /dev/null -o /dev/null -w '%{num_connects}' \
	"$url/healthz" "$url/_/status/$id" "$url/_/status/$id")" 100

stop
is 'exit code' "$code" 0

# another base path, set on the command line
serve --base-path /jobs/
is '--base-path' "$(code_of "$url/jobs/$id")" 200
is 'the other one is gone' "$(code_of "$url/_/status/$id")" 404
stop INT
is 'exit code after SIGINT' "$code" 0
finish
