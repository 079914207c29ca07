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
	: >"$file" # what is there already is not taken for its
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
often() { # FILE LINE: so often it was told, into count
	mapfile -t < <(told "$1")
	local line
	count=0
	for line in "${MAPFILE[@]}"; do [[ $line != "$2"* ]] || count=$((count + 1)); done
}

listen_to "$dir/all" "$url/_/events"
within seen "$dir/all" 'ready -'
is 'full state' "$(told "$dir/all" | tr '\n' ';')" 'reset -;progress alpha;done beta;ready -;'
is 'type' "$(header content-type "$url/_/events")" text/event-stream

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

# resuming: only what came behind the mark
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

# the arena is replaced: everything goes, then the new records come, on the same stream
"$headway" rm
within seen "$dir/one" "removed $d"
"$headway" init >/dev/null
"$headway" start --name alder >/dev/null
within seen "$dir/glob" 'progress alder'

# a client that leaves is noticed; the end of the server ends the streams
streams() { metric event_streams && [ "$value" = "$1" ]; }
within streams 3
kill "$client" # the one that listens to al*
within streams 2
stop
is 'exit code with streams' "$code" 0
is 'what is told is JSON' "$(cat "$dir"/{all,resumed,one,glob} | sed -n 's/^data: //p' | jq -s 'length > 9 and all(type == "object")')" true

# no arena: an honest 503 instead of an empty stream
"$headway" rm
serve
is 'no arena' "$(code_of "$url/_/events")" 503
stop
finish
