#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An arena in which bits flip while it is read, then a truncated one: the server answers every
# request, stays alive, logs the fault, and serves the next arena.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "$python" ] || { echo 'no python3 here'; exit 77; }
file=/dev/shm$HEADWAY_ARENA
fill() {
	"$headway" init --slots 256 --members 8 --bytes 2M >/dev/null
	id=$("$headway" start --name job)
	"$headway" message "$id" Step=1 "Text=$(head -c 3000 /dev/zero | tr '\0' x)"
	head -c 20000 /dev/zero | tr '\0' 1 | "$headway" results "$id" -
	many 200 crowd
}
cat >"$dir/flip.py" <<'P'
# flip.py FILE SEED: flips bits until the file is truncated or renamed; most of them near data in
# use
import mmap, os, random, sys, time
random.seed(int(sys.argv[2]))
with open(sys.argv[1], "r+b") as f:
    m = mmap.mmap(f.fileno(), 0)
used = [i for i in range(0, len(m), 64) if any(m[i:i + 64])]
print("flipping", len(used), "lines in use", flush=True)
while os.path.exists(sys.argv[3]):
    for _ in range(50):
        at = random.choice(used) + random.randrange(64) if random.random() < .9 else random.randrange(len(m))
        m[at] ^= 1 << random.randrange(8)
        if random.random() < .3: # a number that is far too large
            m[at & ~7:(at & ~7) + 8] = random.choice([b"\xff" * 8, b"\0" * 8, random.randbytes(8)])
    time.sleep(.001)
P
seed=${SEED:-$RANDOM}
fill
serve --period 10 --metrics-records
# ask: requests every kind of resource; each must be answered. The time limit is for requests that
# would never be.
ask() {
	local codes
	codes=$(curl -s --max-time 20 -o /dev/null -w '%{http_code} ' "$url/_/status/$id" -o /dev/null "$url/_/status/$id?view=full" \
		-o /dev/null "$url/_/status/" -o /dev/null "$url/_/status/?status=running&sort=name&limit=9" \
		-o /dev/null -H 'Cache-Control: no-cache' "$url/metrics" -o /dev/null "$url/readyz" -o /dev/null "$url/" \
		-o /dev/null "$url/_/status/$id?wait=50ms")
	hasnt "an answer to everything (seed $seed)" "$codes" '000|500'
	is "how many answers (seed $seed)" "$(wc -w <<<"$codes")" 8
}
alive() {
	kill -0 "$pid" 2>/dev/null && [ "$(get "$url/healthz")" = ok ] || { fail "$1: the server is dead (seed $seed)"; finish; }
}
ask
for round in 1 2; do
	touch "$dir/flip"
	"$python" "$dir/flip.py" "$file" "$seed$round" "$dir/flip" >"$dir/flips" &
	flipper=$!
	pids+=("$flipper")
	within says flipping "$dir/flips"
	curl -s --max-time 30 "$url/_/events" >"$dir/events" &
	pids+=($!)
	for _ in 1 2 3 4; do ask; done
	alive "round $round"
	rm "$dir/flip"
	wait "$flipper"
	# damaged, with no further changes; then replaced
	ask
	"$headway" fsck >/dev/null 2>&1 && fail "the arena is not damaged: nothing was tried (seed $seed)"
	rm "$file"
	fill
	within eval '[ "$(code_of "$url/_/status/$id")" = 200 ]'
done
is 'the list is whole again' "$(fresh "$url/_/status/" | jq length)" 201

# truncated while it is read, after it was damaged
touch "$dir/flip"
"$python" "$dir/flip.py" "$file" "$seed" "$dir/flip" >"$dir/flips" 2>/dev/null &
flipper=$!
pids+=("$flipper")
within says flipping "$dir/flips"
(while [ -e "$dir/flip" ]; do curl -s --max-time 5 "$url/_/status/" "$url/_/status/$id" "$url/metrics"; done >/dev/null) &
pids+=($!)
ask
kill "$flipper"
truncate -s 8192 "$file"
is503() { [ "$(code_of -H 'Cache-Control: no-cache' "$1")" = 503 ]; }
within is503 "$url/_/status/$id"
within is503 "$url/_/status/"
alive 'cut off'
rm "$dir/flip"
has 'the log says it' "$(cat "$log")" 'no arena to read: .*(damaged|truncated)'
[ "$(wc -l <"$log")" -lt 200 ] || fail "the log has $(wc -l <"$log") lines"
rm "$file"
fill
within eval '[ "$(code_of "$url/_/status/$id")" = 200 ]'
within eval '[ "$(fresh "$url/_/status/" | jq length)" = 201 ]'
stop
is 'exit code' "$code" 0
finish
