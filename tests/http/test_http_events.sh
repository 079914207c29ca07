#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Server-sent events: the full state first, then changes; resuming; filters; heartbeats.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
serve --heartbeat 1
a=$("$headway" start --name alpha --total 10)
b=$("$headway" start --name beta)
"$headway" finish "$b"

# listen_to FILE CURL-ARGUMENT…: a client in the background
listen_to() {
	local file=$1
	shift
	: >"$file" # empties the file, so that old lines are not taken for new ones
	curl -sN --max-time 60 "$@" >"$file" &
	client=$!
	pids+=("$client")
}
# "event name" pairs of a file, in order
told() {
	local line event=''
	while read -r line; do
		case $line in
		'event: '*) event=${line#event: } ;;
		'data: '*)
			[[ $line =~ \"name\":\"([^\"]*)\" || $line =~ \"id\":\"([^\"]*)\" || $line =~ ()^data:\ \{ ]]
			echo "$event ${BASH_REMATCH[1]:--}" ;;
		esac
	done <"$1"
}
seen() { told "$1" | a_line "^$2$"; }
often() { # FILE LINE: sets count to the number of such events
	mapfile -t < <(told "$1")
	local line
	count=0
	for line in "${MAPFILE[@]}"; do [[ $line != "$2"* ]] || count=$((count + 1)); done
}

listen_to "$dir/all" "$url/_/events"
within seen "$dir/all" 'ready -'
is 'full state' "$(told "$dir/all" | tr '\n' ';')" 'reset -;progress alpha;done beta;ready -;'
is 'type' "$(header content-type "$url/_/events")" text/event-stream
is 'a proxy passes it on at once' "$(header x-accel-buffering "$url/_/events")" no
# a client that disconnects during the full state starts over: only later events can be resumed from
is 'no mark amid the full state' "$(sed -n 's/^id: [0-9a-f]*\.//p' "$dir/all" | head -n 3 | tr '\n' ' ')" '0 0 0 '

# one change, one event
"$headway" message "$a" Step 1
within seen "$dir/all" 'progress alpha'
progressed() { often "$dir/all" 'progress alpha' && [ $count -ge "$1" ]; }
within progressed 2
"$headway" add "$a" 2
within progressed 3
pause 0.5
often "$dir/all" 'progress alpha'
is 'no event without a change' $count 3
is 'a counter is told' "$(grep '^data:' "$dir/all" | sed 's/^data: //' | tail -n 1 | jq .done)" 2
c=$("$headway" start --name gamma)
within seen "$dir/all" 'progress gamma'
"$headway" error "$c" broken
within seen "$dir/all" 'done gamma'
"$headway" rm "$c" >/dev/null
within seen "$dir/all" "removed $c"
within says '^:$' "$dir/all" # a heartbeat while nothing happens

# resuming: only events after the given id
mark=$(sed -n 's/^id: //p' "$dir/all" | tail -n 1)
kill "$client"
"$headway" message "$a" Step 2
d=$("$headway" start --name delta)
listen_to "$dir/resumed" -H "Last-Event-ID: $mark" "$url/_/events"
within seen "$dir/resumed" 'progress delta'
is 'resumed' "$(told "$dir/resumed" | tr '\n' ';')" 'progress alpha;progress delta;'
for bad in x "0000000000000000.1" "${mark%.*}.ffffff" "${mark%.*}.0"; do
	listen_to "$dir/bad" -H "Last-Event-ID: $bad" "$url/_/events"
	within seen "$dir/bad" 'ready -'
	is "mark $bad" "$(told "$dir/bad" | head -n 1)" 'reset -'
	kill "$client"
done

# filters
listen_to "$dir/one" "$url/_/events?id=$d"
listen_to "$dir/glob" "$url/_/events?name=al*"
within seen "$dir/one" 'ready -'
within seen "$dir/glob" 'ready -'
"$headway" message "$a" Step 3
"$headway" message "$d" Step 1
finished() { often "$dir/one" 'progress delta' && [ $count -ge 2 ]; }
within finished
hasnt 'one id' "$(told "$dir/one")" alpha
hasnt 'one name' "$(told "$dir/glob")" delta
is 'bad id' "$(code_of "$url/_/events?id=$d,x")" 400
is 'bad id, with more behind it' "$(code_of "$url/_/events?id=${d}0")" 400
many_ids=$(printf "$d,%.0s" {1..63})$d
is '64 ids' "$(header content-type "$url/_/events?id=$many_ids")" text/event-stream
is '65 ids' "$(code_of "$url/_/events?id=$many_ids,$d")" 400

# the arena is replaced: all records are removed, then the new ones arrive, on the same stream
"$headway" rm "$HEADWAY_ARENA" --force
within seen "$dir/one" "removed $d"
"$headway" init >/dev/null
"$headway" start --name alder >/dev/null
within seen "$dir/glob" 'progress alder'

# the server notices a client that disconnects; the end of the server ends the streams
streams() { metric event_streams && [ "$value" = "$1" ]; }
within streams 3
kill "$client" # the one that listens to al*
within streams 2
stop
is 'exit code with streams' "$code" 0
is 'what is told is JSON' "$(cat "$dir"/{all,resumed,one,glob} | sed -n 's/^data: //p' | jq -s 'length > 9 and all(type == "object")')" true

# A client that reads too slowly, while more records are removed than the server remembers removals.
# It gets a reset and the full state again, so that in the end it has exactly the present records.
cat >"$dir/slow.py" <<'P'
import json, os, socket, sys, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048); s.settimeout(100)
s.connect(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"GET /_/events HTTP/1.0\r\n\r\n")
text = s.recv(500)
print("slow", flush=True)
while not os.path.exists(sys.argv[2]):
    time.sleep(.05)
resets, ready, have, event = 0, 0, set(), None
try:
    while not (resets == 2 and ready == 2) and (got := s.recv(65536)):
        *lines, text = (text + got).split(b"\n")
        for line in lines:
            if line.startswith(b"event: "):
                event = line[7:].decode()
                resets += event == "reset"
                ready += event == "ready"
                have = set() if event == "reset" else have
            elif line.startswith(b"data: ") and event in ("progress", "done"):
                have.add(json.loads(line[6:])["id"])
            elif line.startswith(b"data: ") and event == "removed":
                have.discard(json.loads(line[6:])["id"])
except TimeoutError:
    pass
print("resets", resets, flush=True)
print(*sorted(have), sep="\n", file=open(sys.argv[3], "w"))
P
if [ -n "$python" ]; then
	"$headway" rm "$HEADWAY_ARENA" --force
	"$headway" init >/dev/null
	serve --period 10
	many 2500 'a name that makes the event long, so that not all of them find room in the buffers of a connection'
	there() { [ "$(fresh "$url/_/status/?limit=$1" | jq length)" = "$1" ]; }
	within there 2500
	"$python" "$dir/slow.py" "${url##*:}" "$dir/go" "$dir/has" >"$dir/slow" &
	slow=$!
	pids+=("$slow")
	within says slow "$dir/slow"
	streams 1 || fail 'the slow client is not there'
	for _ in 1 2 3; do
		"$headway" rm "$HEADWAY_ARENA" --force
		"$headway" init >/dev/null
		many 2000 'the next crowd'
		within there 2000
	done
	: >"$dir/go"
	wait "$slow"
	is 'the slow client starts over' "$(tail -n 1 "$dir/slow")" 'resets 2'
	is 'and has what is there' "$(sha256sum <"$dir/has")" "$(fresh "$url/_/status/" | jq -r '.[].id' | LC_ALL=C sort | sha256sum)"
	stop
fi

finish
