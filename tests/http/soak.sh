#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Long run of headway-httpd: soak.sh [SECONDS], 600 by default. Writers, all kinds of readers, the
# reaper, and now and then a replaced arena run together, while the server's memory and descriptors
# are measured each second. The first third is warm-up; the last third must not need more than the
# middle one. Needs BIN, the folder of the programs.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
seconds=${1:-600}
[[ $seconds =~ ^[0-9]+$ && $seconds -ge 15 ]] || { echo "soak.sh: '$seconds' is not a number of seconds from 15" >&2; exit 2; }
for program in curl python3; do command -v $program >/dev/null || { echo "no $program here"; exit 77; }; done
"$headway" init >/dev/null
serve --max-held 4
stopped() { [ -e "$dir/stop" ] || ! kill -0 $$ 2>/dev/null; }
others=()
aside() { # COMMAND…: repeats it in the background until the end
	(while ! stopped; do "$@"; done >/dev/null 2>&1) &
	others+=($!)
	pids+=($!)
}

# A job from start to end; its readers find its id in a file. Its time-to-live is short, so slots
# are reused.
job() {
	local id i
	id=$("$headway" start --name "job $RANDOM" --total 20 --ttl 5s) || { sleep 0.1; return; }
	echo "$id" >"$dir/id.tmp" && mv "$dir/id.tmp" "$dir/id"
	for i in 1 2 3 4; do
		"$headway" add "$id" 5
		"$headway" message "$id" "Step=$i of 4" "Detail=$(head -c $((RANDOM % 2000)) /dev/zero | tr '\0' x)"
		sleep 0.05
	done
	"$headway" results "$id" "[\"$(head -c $((RANDOM % 20000)) /dev/zero | tr '\0' y)\"]"
	if ((RANDOM % 4)); then "$headway" finish "$id"; else "$headway" error "$id" why; fi
}
# A job whose process is killed: the reaper finds it.
dying() { timeout -s KILL 0.5 "$headway" run --name dying -- sleep 5; sleep 0.5; }
ask() {
	local id
	id=$(cat "$dir/id" 2>/dev/null)
	curl -s --max-time 10 "$url/_/status/$id" "$url/_/status/$id?view=full" "$url/_/status/" \
		"$url/_/status/?status=running&limit=10" "$url/metrics" "$url/" "$url/app.js" "$url/nothing"
	curl -s --max-time 10 --compressed -H 'Accept: application/x-ndjson' "$url/_/status/"
	sleep 0.1
}
wait_long() { curl -s --max-time 10 "$url/_/status/$(cat "$dir/id" 2>/dev/null)?wait=1s" "$url/_/status/?wait=1s" || sleep 0.1; }
leave() { curl -s --max-time 0.3 "$url/_/status/$(cat "$dir/id" 2>/dev/null)?wait=9s"; }
follow() { curl -s --max-time $((1 + RANDOM % 4)) "$url/_/events"; }
crawl() { curl -s --max-time 5 --limit-rate 2k "$url/_/status/"; }
reap() { "$headway" reap; sleep 1; }
replace() {
	sleep $((4 + seconds / 60))
	if ((RANDOM % 2)); then
		HEADWAY_ARENA=$HEADWAY_ARENA-b "$headway" init >/dev/null
		mv -f "/dev/shm$HEADWAY_ARENA-b" "/dev/shm$HEADWAY_ARENA"
	else
		"$headway" rm "$HEADWAY_ARENA" --force || rm -f "/dev/shm$HEADWAY_ARENA"
		sleep 0.2
		"$headway" init >/dev/null
	fi
	many 1000 'one of a crowd'
}
memory() { awk '/^(VmRSS|RssAnon)/ { printf "%s ", $2 }' "/proc/$pid/status"; } # with the arena's pages, and without
descriptors() { find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l; }
middle() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

many 1000 'one of a crowd'
idle=$(descriptors)
for loop in job job dying ask ask wait_long leave follow follow follow crawl reap replace; do aside $loop; done
for ((i = 0; i < seconds; i++)); do
	kill -0 "$pid" 2>/dev/null || { fail "the server is dead after $i s"; break; }
	echo "$(memory)$(descriptors)" >>"$dir/samples"
	sleep 1
done
touch "$dir/stop"
for other in "${others[@]}"; do wait "$other" 2>/dev/null; done
rm -f "/dev/shm$HEADWAY_ARENA-b"

third=$(($(wc -l <"$dir/samples") / 3))
before=$(tail -n $((2 * third)) "$dir/samples" | head -n $third)
after=$(tail -n $third "$dir/samples")
column() { cut -d' ' -f"$1" <<<"$2" | middle; }
kb_before=$(column 1 "$before") kb_after=$(column 1 "$after")
own_before=$(column 2 "$before") own_after=$(column 2 "$after")
fd_before=$(column 3 "$before") fd_after=$(column 3 "$after")
flat() { [ $((100 * $3)) -le $((110 * $2 + 51200)) ] || fail "$1 grows: from $2 to $3 KiB"; } # 10 % and 512 KiB
flat memory "$kb_before" "$kb_after"
flat 'its own memory' "$own_before" "$own_after"
[ "$fd_after" -le $((fd_before + 4)) ] || fail "descriptors grow: from $fd_before to $fd_after"
few() { [ "$(descriptors)" -le $((idle + 1)) ]; } # one more: the arena's, if it is open now and was not then
within few
is 'alive' "$(get "$url/healthz")" ok
answers=$(get "$url/metrics" | awk '/^headway_httpd_answers_total/ { n += $2 } END { print n }')
opened=$(grep -c 'reading the arena' "$log")
[ "$answers" -gt $((seconds * 5)) ] || fail "only $answers answers: nothing was tried"
echo "RESULT case=http what=soak seconds=$seconds answers=$answers arenas=$opened" \
	"memory_kib=$kb_before-$kb_after own_kib=$own_before-$own_after descriptors=$fd_before-$fd_after idle_descriptors=$idle-$(descriptors)" \
	"met=$([ $failures -eq 0 ] && echo yes || echo NO)"
stop
is 'exit code' "$code" 0
finish
