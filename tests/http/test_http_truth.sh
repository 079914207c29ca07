#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# All readers agree although nobody reaps: the record of a dead owner is in Error, an expired one is
# gone. An arena that is empty, new or replaced is answered for at once and correctly.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init --ttl 1s --error-ttl 1h >/dev/null
serve
events() { sed -n 's/^event: //p' "$dir/$1"; }
saw() { says "^event: $2\$" "$dir/$1"; }

# an owner is killed: a long poll and a stream report it
"$headway" run --name doomed -- sleep 1000 &
owner=$!
pids+=("$owner")
within eval 'id=$("$headway" dump --format ndjson --name doomed | jq -r .id) && [ -n "$id" ]'
record=$url/_/status/$id
get -N "$url/_/events?id=$id" >"$dir/stream" &
pids+=($!)
within saw stream ready
get "$record?wait=60s" >"$dir/poll" &
poll=$!
get "$url/_/status/?name=doomed&wait=60s" >"$dir/list" &
list=$!
waiting() { [ "$(get "$url/metrics" | sed -n "s/^headway_httpd_connections //p")" -ge 4 ]; }
within waiting
child=$(pgrep -P "$owner")
disown "$owner"
kill -KILL "$owner"
kill "$child"
wait $poll $list
why="owner died (pid $owner, sleep)"
is 'the long poll' "$(jq -r '.status, .messages[-1].value' "$dir/poll")" $'Error\n'"$why"
is 'the list that waited' "$(jq -r '.[].status' "$dir/list")" Error
within saw stream 'done'
is 'the stream' "$(sed -n 's/^data: //p' "$dir/stream" | tail -n 1 | jq -r '.status, .lost, .owner.alive')" $'Error\ntrue\nfalse'
is 'the record' "$(get "$record?view=full" | jq -r '.status, .lost, .messages[-1].value')" $'Error\ntrue\n'"$why"
is 'selected as Lost' "$(fresh "$url/_/status/?status=lost" | jq -r '.[].name')" doomed
is 'and as Error' "$(fresh "$url/_/status/?status=Error" | jq -r '.[].name')" doomed
is 'not as Running' "$(fresh "$url/_/status/?status=running" | jq length)" 0
has 'metrics' "$(fresh "$url/metrics")" '^headway_records\{status="error"\} 1$'
is 'nobody has swept' "$("$headway" info --json | jq .lost)" 0
is 'info counts it no more as running' "$("$headway" info --json | jq .slots_running)" 0
status=$(get "$record")
is 'dump' "$("$headway" dump --format status "$id")" "$status"
is 'wait' "$("$headway" wait "$id" 2>&1)" "headway wait: record $id is in Error: $why"
"$headway" reap >/dev/null
is 'a sweep changes nothing' "$(get "$record")" "$status"

# an expired record, before and after its slot is freed
over=$("$headway" start --name over)
get -N "$url/_/events?id=$over" >"$dir/over" &
pids+=($!)
within saw over ready
is 'its time has not begun' "$(code_of "$url/_/status/$over")" 200
"$headway" finish "$over"
within answers 410 "$url/_/status/$over"
within saw over removed
is 'gone from the list' "$(fresh "$url/_/status/?name=over" | jq length)" 0
is 'its room is still taken' "$("$headway" info --json | jq .slots_used)" 2
stop

# an empty arena: the stream is complete at once
export HEADWAY_ARENA=$HEADWAY_ARENA-2
"$headway" init >/dev/null
trap 'rm -f "/dev/shm$HEADWAY_ARENA"; HEADWAY_ARENA=${HEADWAY_ARENA%-2}; clean_up' EXIT
serve
get -N "$url/_/events" >"$dir/empty" &
pids+=($!)
within saw empty ready
is 'an empty arena' "$(events empty)" $'reset\nready'
"$headway" start --name first >/dev/null
within saw empty progress
stop

# no arena: a stream reports it, waits, and continues when there is one; an EventSource would not
# reconnect after a 503
rm "/dev/shm$HEADWAY_ARENA"
serve
is 'a list without an arena' "$(code_of "$url/_/status/")" 503
get -N "$url/_/events" >"$dir/none" &
pids+=($!)
within saw none ready
is 'no arena' "$(events none)" $'reset\nready'
has 'the reason' "$(cat "$dir/none")" '^data: \{"problem":"no arena to read: there is none yet"\}'
"$headway" start --name late >/dev/null
within saw none progress
has 'ready, and nothing wrong any more' "$(events none | tr '\n' ' ')" '^reset ready (ready progress|progress ready)'
rm "/dev/shm$HEADWAY_ARENA"
within eval '[ "$(grep -c "^data: .\"problem\"" "$dir/none")" = 2 ]'
saw none removed || fail "the record did not go with its arena: $(events none)"

# repeatedly: a new arena, and a replaced one, right after the server looked
next=$HEADWAY_ARENA-next
for base in /_/status/ /jobs/ /jobs/ /_/status/; do
	within eval '[ "$(code_of "$url/_/status/")" = 503 ]' # no arena, so no record
	"$headway" init --base-path "$base" >/dev/null
	id=$("$headway" start)
	is "an arena has come, at $base" "$(code_of "$url$base$id")" 200
	HEADWAY_ARENA=$next "$headway" init --base-path "$base" >/dev/null
	id=$(HEADWAY_ARENA=$next "$headway" start)
	is 'it is not here yet' "$(code_of "$url$base$id")" 404
	mv "/dev/shm$next" "/dev/shm$HEADWAY_ARENA"
	is 'another has taken its place' "$(code_of "$url$base$id")" 200
	is 'the list, too' "$(fresh "$url$base" | jq -r '.[].id')" "$id"
	rm "/dev/shm$HEADWAY_ARENA"
	id=$("$headway" start)
	"$headway" rm --force "$HEADWAY_ARENA" >/dev/null
	within eval '[ "$(code_of "$url$base")" = 503 ]' # no arena at all
done
"$headway" start >/dev/null
is 'a list right after the arena came' "$(code_of "$url/_/status/")" 200
is 'ready as soon as there is an arena' "$(code_of "$url/readyz")" 200
stop
finish
