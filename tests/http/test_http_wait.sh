#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Conditional requests and long polls.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
serve --max-wait 3600
id=$("$headway" start --name job --total 10)
record=$url/_/status/$id
version() { get "$record?view=full" | jq .version; }

# ETags: strong for the status view, weak for the full view
etag=$(header etag "$record")
has 'strong' "$etag" '^"[^"]+"$'
is 'not modified' "$(code_of -H "If-None-Match: $etag" "$record")" 304
is 'in a list' "$(code_of -H "If-None-Match: \"x\", W/$etag" "$record")" 304
is 'star' "$(code_of -H 'If-None-Match: *' "$record")" 304
is 'another' "$(code_of -H 'If-None-Match: "x"' "$record")" 200
is '304 has the tag' "$(header etag -H "If-None-Match: $etag" "$record")" "$etag"
weak=$(header etag "$record?view=full")
has 'weak' "$weak" '^W/"'
"$headway" add "$id" 1
is 'a counter is no change of the status view' "$(header etag "$record")" "$etag"
is 'but of the full view' "$(code_of -H "If-None-Match: $weak" "$record?view=full")" 200
"$headway" message "$id" Step 1
is 'a message is a change' "$(code_of -H "If-None-Match: $etag" "$record")" 200
is 'star: full view' "$(code_of -H 'If-None-Match: *' "$record?view=full")" 304
is 'star: list' "$(code_of -H 'If-None-Match: *' "$url/_/status/")" 304
is 'star: page' "$(code_of -H 'If-None-Match: *' "$url/app.js")" 304
is 'a page that did not change' "$(code_of -H "If-None-Match: $(header etag "$url/app.js")" "$url/app.js")" 304
is 'a page that did' "$(code_of -H 'If-None-Match: W/"0"' "$url/app.js")" 200

# a named counter is part of the full view and of the list, like done
counted=$("$headway" start --name counted --counter errors --counter bytes)
weak=$(header etag "$url/_/status/$counted?view=full")
list=$(header etag -H 'Cache-Control: no-cache' "$url/_/status/")
"$headway" add --counter bytes "$counted" 7
is 'a named counter is a change of the full view' \
	"$(code_of -H "If-None-Match: $weak" "$url/_/status/$counted?view=full")" 200
is 'and of the list' \
	"$(code_of -H 'Cache-Control: no-cache' -H "If-None-Match: $list" "$url/_/status/")" 200
list=$(header etag -H 'Cache-Control: no-cache' "$url/_/status/")
is 'list not modified' "$(code_of -H "If-None-Match: $list" "$url/_/status/")" 304
"$headway" add "$id" 1
is 'list modified' "$(code_of -H 'Cache-Control: no-cache' -H "If-None-Match: $list" "$url/_/status/")" 200

# a wait ends at the given time
began=${EPOCHREALTIME//[!0-9]/}
body=$(get "$record?wait=400ms")
took=$(((${EPOCHREALTIME//[!0-9]/} - began) / 1000))
is 'timed out: still the record' "$(jq -r .status <<<"$body")" Running
[ $took -ge 390 ] || fail "came back after $took ms"
is 'timed out: 304' "$(code_of -H "If-None-Match: $(header etag "$record")" "$record?wait=100ms")" 304

# or with the change: the given time is longer than the client stays
waits() { # NAME CHANGE-COMMAND… -- CURL-ARGUMENT…
	local name=$1 change=() out=$dir/wait client
	shift
	while [ "$1" != -- ]; do change+=("$1"); shift; done
	shift
	get -v -w '\n%{http_code}' "$@" >"$out" 2>"$dir/trace" &
	client=$!
	within says '^> GET ' "$dir/trace"
	# the requests above have been read when these are answered
	is "$name: others are served" "$(code_of "$url/healthz") $(code_of "$url/healthz")" '200 200'
	kill -0 $client 2>/dev/null || fail "$name: did not wait: $(cat "$out")"
	# repeatedly: a change before the server reads the request does not end the wait
	"${change[@]}" >/dev/null
	while kill -0 $client 2>/dev/null; do
		pause 0.5
		kill -0 $client 2>/dev/null && "${change[@]}" >/dev/null 2>&1
	done
	wait $client || fail "$name: no answer after the change: curl ends with $?"
	answer=$(head -n -1 "$out") status=$(tail -n 1 "$out") # a list has a line for each record
}
waits 'message' "$headway" message "$id" Step 2 -- "$record?wait=100s"
is 'message: what is told' "$(jq -r '.messages[0].value' <<<"$answer")" 2
waits 'since' "$headway" message "$id" Step 3 -- "$record?wait=100s&since=$(version)"
waits 'If-None-Match' "$headway" message "$id" Step 4 -- -H "If-None-Match: $(header etag "$record")" "$record?wait=100"
waits 'Prefer' "$headway" message "$id" Step 5 -- -H 'Prefer: respond-async, wait=100' "$record"
is 'Preference-Applied' "$(header preference-applied -H 'Prefer: wait=0' "$record")" wait
waits 'counter in the full view' "$headway" add "$id" 1 -- "$record?view=full&wait=100s"
waits 'named counter in the full view' "$headway" add --counter errors "$counted" 1 -- \
	"$url/_/status/$counted?view=full&wait=100s"
is 'named counter: what is told' "$(jq -c '.counters | .errors >= 1 and .bytes == 7' <<<"$answer")" true
waits 'named counter in the list' "$headway" add --counter errors "$counted" 1 -- "$url/_/status/?wait=100s&name=counted"
waits 'star' "$headway" message "$id" Step 6 -- -H 'If-None-Match: *' "$record?wait=100s"
waits 'list' "$headway" add "$id" 1 -- "$url/_/status/?wait=100s"
waits 'list, other record' "$headway" start --name other -- "$url/_/status/?wait=100s&name=oth*"
is 'list: what is told' "$(jq -r '.[0].name' <<<"$answer")" other

# a request with an older version is answered at once, and so is one for an ended record
get "$record?wait=100s&since=1" >/dev/null || fail 'an older version was waited with'
get -H 'If-None-Match: "x"' "$record?wait=100s" >/dev/null || fail 'another version was waited with'
waits 'finish' "$headway" finish "$id" -- "$record?wait=100s"
is 'finish: what is told' "$(jq -r .status <<<"$answer")" Finished
get "$record?wait=100s" >/dev/null || fail 'a record that is over was waited for'

# no wait is longer than --max-wait, in each form of request; ?wait= has precedence over Prefer
stop
serve --max-wait 1
record=$url/_/status/$("$headway" start --name bounded)
ends() { # NAME CURL-ARGUMENT…: passes if it ends within the time limit of get()
	is "$1" "$(get -o "$dir/bounded" -w '%{http_code}' "${@:2}")" 200
}
ends 'a wait that is cut' "$record?wait=10m"
ends 'a wait that is cut, Prefer' -H 'Prefer: wait=600' "$record"
ends 'a wait that is cut, list' "$url/_/status/?wait=600s"
stop
serve --max-wait 3600
record=$url/_/status/$("$headway" start --name bounded)
ends '?wait=0 counts more than Prefer' -H 'Prefer: wait=600' "$record?wait=0"
ends 'milliseconds' "$record?wait=900ms"
is 'a unit that there is not' "$(code_of "$record?wait=1h")" 400

# a record that is removed during a wait
gone=$("$headway" start --name gone)
waits 'gone' "$headway" rm "$gone" -- "$url/_/status/$gone?wait=100s"
is 'gone: code' "$status" 410

# a thousand waiters: no threads of their own, disconnects are noticed, all are answered at the end
connections() { get "$url/metrics" | sed -n 's/^headway_httpd_connections //p'; }
at_most() { [ "$(connections)" -le "$1" ]; }
at_least() { [ "$(connections)" -ge "$1" ]; }
idle=$("$headway" start --name idle)
threads() { ls "/proc/$pid/task" | wc -l; }
before=$(threads)
cat >"$dir/waiters.py" <<'P'
import socket, sys, time
port, path, n = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
socks = []
for i in range(n):
    s = socket.create_connection(("127.0.0.1", port))
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    socks.append(s)
print("up", flush=True)
answered = 0
if sys.argv[4] == "stay":
    for s in socks:
        s.settimeout(60)
        try:
            answered += s.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            pass
    print("answered", answered, flush=True)
else:
    sys.stdin.readline()
P
if [ -n "$python" ]; then
	port=${url##*:}
	ulimit -S -n "$(ulimit -H -n)"
	most=$(ulimit -n) many=1000 some=300 # as many as may have a descriptor
	[ "$most" = unlimited ] || [ "$most" -ge 1100 ] || many=$((most - 100))
	[ $some -le $many ] || some=$many
	mkfifo "$dir/hold"
	"$python" "$dir/waiters.py" "$port" "/_/status/$idle?wait=1000s" $many leave <"$dir/hold" >"$dir/up" &
	waiters=$!
	exec 9>"$dir/hold"
	within says up "$dir/up"
	within at_least $many
	[ "$(threads)" -le $((before + 1)) ] || # liburcu starts a thread with the first call_rcu()
		fail "threads with $many waiters: $(threads), before $before"
	is 'others are served' "$(get "$url/healthz")" ok
	exec 9>&-
	wait $waiters
	within at_most 50

	"$python" "$dir/waiters.py" "$port" "/_/status/$idle?wait=1000s" $some stay >"$dir/up" &
	waiters=$!
	within says up "$dir/up"
	within at_least $some
	stop
	is 'exit code with waiters' "$code" 0
	wait $waiters
	is 'all are answered at the end' "$(tail -n 1 "$dir/up")" "answered $some"
else
	stop
fi
finish
