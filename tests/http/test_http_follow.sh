#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The arena does not exist yet, is removed, replaced, or truncated while it is read.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
serve
path=/_/status/00000000-0000-8000-8000-000000000000
code_is() { [ "$(code_of "$1")" = "$2" ]; }

is 'no arena: record' "$(code_of "$url$path")" 503
is 'no arena: list' "$(code_of "$url/_/status/")" 503
is 'no arena: Retry-After' "$(header retry-after "$url$path")" 1
is 'no arena: problem' "$(header content-type "$url$path")" application/problem+json
is 'no arena: readyz' "$(code_of "$url/readyz")" 503
is 'no arena: healthz' "$(code_of "$url/healthz")" 200
has 'no arena: metrics' "$(get "$url/metrics")" '^headway_up 0$'

"$headway" init >/dev/null
id=$("$headway" start --name first)
within code_is "$url/_/status/$id" 200
within code_is "$url/readyz" 200
is 'list' "$(fresh "$url/_/status/" | jq length)" 1

# removed: 503 again; made anew: followed, with other records and another base path
"$headway" rm "$HEADWAY_ARENA" --force
within code_is "$url/_/status/$id" 503
"$headway" init --base-path /work/ >/dev/null
second=$("$headway" start --name second)
within code_is "$url/work/$second" 200
is 'old record' "$(code_of "$url/work/$id")" 404
is 'list after' "$(fresh "$url/work/" | jq -r '.[].name')" second

# replaced by a rename: there is no moment without an arena
HEADWAY_ARENA=$HEADWAY_ARENA-b "$headway" init >/dev/null
third=$(HEADWAY_ARENA=$HEADWAY_ARENA-b "$headway" start --name third)
mv -f "/dev/shm$HEADWAY_ARENA-b" "/dev/shm$HEADWAY_ARENA"
within code_is "$url/_/status/$third" 200

# truncated: access to the missing pages raises SIGBUS, which must not end the server
truncate -s 8192 "/dev/shm$HEADWAY_ARENA"
within code_is "$url/_/status/$third" 503
is 'truncated: list' "$(code_of -H 'Cache-Control: no-cache' "$url/_/status/")" 503
is 'truncated: alive' "$(get "$url/healthz")" ok
has 'truncated: log' "$(cat "$log")" 'damaged|truncated'
truncate -s 0 "/dev/shm$HEADWAY_ARENA"
is 'empty: record' "$(code_of "$url/_/status/$third")" 503
head -c 65536 /dev/urandom >"/dev/shm$HEADWAY_ARENA"
is 'garbage: record' "$(code_of "$url/_/status/$third")" 503
is 'garbage: alive' "$(get "$url/healthz")" ok

rm "/dev/shm$HEADWAY_ARENA"
"$headway" init >/dev/null
fourth=$("$headway" start --name fourth)
within code_is "$url/_/status/$fourth" 200

# truncated during constant reads
(while kill -0 $$ 2>/dev/null; do curl -s --max-time 2 "$url/_/status/" "$url/_/status/$fourth"; done >/dev/null) &
reader=$!
pids+=("$reader")
for _ in 1 2 3; do
	pause 0.3
	truncate -s 4096 "/dev/shm$HEADWAY_ARENA"
	pause 0.3
	rm "/dev/shm$HEADWAY_ARENA"
	"$headway" init >/dev/null
done
kill "$reader"
fifth=$("$headway" start --name fifth)
within code_is "$url/_/status/$fifth" 200
stop
is 'exit code' "$code" 0
finish
