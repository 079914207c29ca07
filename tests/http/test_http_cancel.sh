#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# --allow-cancel: who may ask owners to stop, and that without it nobody may and nothing can be written.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
id=$("$headway" start --name work)
printf 'secret\n' >"$dir/tokens"
chmod 600 "$dir/tokens"
token='Authorization: Bearer secret'
asked() { "$headway" dump --format ndjson "$id" | jq -r '.cancel_requested.reason // "nobody"'; }
writers() { "$headway" info --json | jq .members_alive; }

# ---- without the option
serve --token-file "$dir/tokens"
is 'not there' "$(code_of -X POST -H "$token" "$url/_/cancel/$id")" 404
is 'the page is not told' "$(header headway-cancel -X OPTIONS "$url/_/events")" ''
is 'no process beside it' "$(pgrep -P "$pid")" ''
is 'nobody asked' "$(asked)" nobody
stop

# ---- options
"$httpd" --listen 127.0.0.1:0 --allow-cancel 2>"$dir/err"
is 'without tokens: a usage error' $? 2
has 'which says why' "$(<"$dir/err")" 'allow-cancel needs --token-file'

# ---- with it
serve --threads 1 --token-file "$dir/tokens" --allow-cancel --allow-origin http://a.example --allow-origin '*'
cancel=$url/_/cancel/$id
helper=$(pgrep -P "$pid")
is 'one process beside it' "$(wc -w <<<"$helper")" 1
is 'the server maps the arena read-only' "$(grep "$HEADWAY_ARENA" "/proc/$pid/maps" | awk '{print $2}' | sort -u)" 'r--s'
is 'the process keeps no descriptors but its socket, the streams and a pipe' "$(cd "/proc/$helper/fd" && echo *)" '0 1 2 4'
of_helper() { awk -v name="$1:" '$1 == name {print $2}' "/proc/$helper/status"; }
is 'it can gain no privileges' "$(of_helper NoNewPrivs)" 1
is 'it has none' "$(of_helper CapPrm)" 0000000000000000
is 'its system calls are filtered' "$(of_helper Seccomp)" 2
is 'no token' "$(code_of -X POST "$cancel")" 401
is 'another token' "$(code_of -X POST -H 'Authorization: Bearer x' "$cancel")" 401
for method in GET HEAD PUT DELETE; do
	is "$method" "$(code_of -X $method -H "$token" "$cancel")" 405
done
is 'what is allowed' "$(header allow -X PUT -H "$token" "$cancel")" 'POST, OPTIONS'
is 'OPTIONS' "$(header allow -X OPTIONS "$cancel")" 'POST, OPTIONS'
is 'the page is told' "$(header headway-cancel -X OPTIONS "$url/_/events")" /_/cancel/
for origin in http://evil.example null "http://127.0.0.1:1" http://127.0.0.1.evil.example "x://${url#http://}" ''; do
	is "origin '$origin'" "$(code_of -X POST -H "$token" -H "Origin: $origin" "$cancel")" 403
done
is 'a Host that is not served' "$(code_of -X POST -H "$token" -H 'Host: evil.example' -H 'Origin: http://evil.example' "$cancel")" 421
is 'a body' "$(code_of -X POST -H "$token" --data reason=x "$cancel")" 413
is 'no id' "$(code_of -X POST -H "$token" "$url/_/cancel/")" 404
is 'not an id' "$(code_of -X POST -H "$token" "$url/_/cancel/../../x")" 404
is 'an unknown id' "$(code_of -X POST -H "$token" "$url/_/cancel/00000000-0000-8000-8000-000000000000")" 404
is 'a long reason' "$(code_of -X POST -H "$token" "$cancel?reason=$(printf 'x%.0s' {1..512})")" 400
is 'so far nobody asked' "$(asked)" nobody
is 'POST of another path' "$(code_of -X POST -H "$token" "$url/_/status/$id")" 405
request_all -X POST -H "$token" -H "Origin: $url" "$cancel?reason=disk%20%22full%22"
is 'asked' "$status" 202
is 'the answer' "$(jq -r '.id + " " + (.cancel_requested | tostring)' <<<"$body")" "$id true"
is 'with the reason' "$(asked)" 'disk "full"'
is 'asked twice' "$(code_of -X POST -H "$token" "$cancel?reason=other")" 202
is 'the first one counts' "$(asked)" 'disk "full"'
is 'a page of --allow-origin' "$(code_of -X POST -H "$token" -H 'Origin: http://a.example' "$cancel")" 202
has 'preflight' "$(header access-control-allow-methods -X OPTIONS -H 'Origin: http://a.example' "$cancel")" POST
is 'no writer stays attached' "$(writers)" 0
"$headway" finish "$id"
is 'what is over' "$(code_of -X POST -H "$token" "$cancel")" 409
has 'it is logged' "$(<"$log")" "record $id was asked to stop"

# ---- what the process meets
ok() { request_all "$url/healthz"; [ "$body" = $'ok\n' ]; }
# Sends a request to cancel ahead of another request, to a server with one thread and a stopped process.
others_are_served() {
	local to at=${url#http://} line
	id=$("$headway" start --name more)
	kill -STOP "$helper"
	exec {to}<>"/dev/tcp/${at%:*}/${at#*:}"
	printf '%s\r\n' "POST /_/cancel/$id?reason=late HTTP/1.1" "Host: $at" "$token" 'Connection: close' '' >&"$to"
	ok || fail 'no answer while a request to cancel waits'
	is 'nobody is asked yet' "$(asked)" nobody
	kill -CONT "$helper"
	read -rt 60 -u "$to" line
	exec {to}>&-
	[[ $line == *' 202 '* ]] # it waited until now; 503: it gave up before
}
within others_are_served
is 'the process goes on' "$(asked)" late
kill -STOP "$helper"
for _ in {1..80}; do code_of -X POST -H "$token" "$url/_/cancel/$id" & done >"$dir/many"
within says 503 "$dir/many"
ok || fail 'no answer while many requests to cancel wait'
kill -CONT "$helper"
mapfile -t posts <<<"$(jobs -p | grep -vx "$pid")"
wait "${posts[@]}"
is 'no order is lost' "$(grep -cxE '202|503' "$dir/many")" 80
# ---- the process is killed: another one takes over, in the same sandbox
cancels() { id=$("$headway" start --name more) && [ "$(code_of -X POST -H "$token" "$url/_/cancel/$id")" = 202 ]; }
successor() { successor=$(pgrep -P "$helper") && [ "$(wc -w <<<"$successor")" = 1 ]; }
takes_over() { # SECONDS: the process is killed, and the other one goes on after a pause
	within successor
	kill -KILL "$helper"
	helper=$successor
	within successor
	is 'it can gain no privileges' "$(of_helper NoNewPrivs)" 1
	is 'it has none' "$(of_helper CapPrm)" 0000000000000000
	is 'its system calls are filtered' "$(of_helper Seccomp)" 2
	is 'it keeps no other descriptors' "$(cd "/proc/$helper/fd" && echo *)" '0 1 2 4'
	has 'it is logged' "$(<"$log")" "was killed: its successor goes on in $1 s"
}
within cancels # orders that were given up are carried out before it
within successor
kill -STOP "$helper"
late=$("$headway" start --name late)
code_of -X POST -H "$token" "$url/_/cancel/$late?reason=late" >/dev/null &
posts=($!)
ok || fail 'no answer while a request to cancel waits'
takes_over 0
within cancels
wait "${posts[@]}"
id=$late
within eval '[ "$(asked)" = late ]' # an order that it had not begun
takes_over 1
within cancels
kill -KILL "$successor"
within eval 'successor && grep -q "the next one starts in 2 s" "$log"'
within cancels
within successor
kill -STOP "$helper"
kill -KILL "$successor" "$helper"
within eval 'grep -q "requests to cancel fail until" "$log"'
is 'without both' "$(code_of -X POST -H "$token" "$url/_/cancel/$id")" 503
is 'readers go on' "$(code_of -H "$token" "$url/_/status/$id")" 200
stop
is 'it ends' "$code" 0

serve --token-file "$dir/tokens" --allow-cancel
helper=$(pgrep -P "$pid")
"$headway" rm --force "$HEADWAY_ARENA" >/dev/null
is 'no arena' "$(code_of -X POST -H "$token" "$url/_/cancel/$id")" 404
"$headway" init >/dev/null
id=$("$headway" start --name again)
is 'a new arena' "$(code_of -X POST -H "$token" "$url/_/cancel/$id")" 202
truncate -s 4096 "/dev/shm$HEADWAY_ARENA"
is 'a damaged arena' "$(code_of -X POST -H "$token" "$url/_/cancel/$id")" 503
is 'the process is there' "$(pgrep -P "$pid")" "$helper"
within successor
stop KILL
within eval "! kill -0 $helper 2>/dev/null && ! kill -0 $successor 2>/dev/null"

serve --token-file "$dir/tokens" --allow-cancel
helper=$(pgrep -P "$pid")
for seconds in 0 1 2 4 8 16 32 60; do takes_over $seconds; done
stop KILL
timeout 30 tail -f --pid="$helper" /dev/null && timeout 30 tail -f --pid="$successor" /dev/null ||
	fail 'a process stays for the rest of its pause when the server is killed'
finish
