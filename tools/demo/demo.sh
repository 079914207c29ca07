#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Shows Headway at work: a pipeline of processes over real files, watched by a live view and over
# HTTP, an accident half-way, and the end. demo.sh BIN [FOLDER [MEGABYTES]]; leaves nothing behind.
set -u
BIN=$1
folder=${2:-/usr/share}
megabytes=${3:-64}
export HEADWAY_ARENA=/headway-demo-$$
work=$(mktemp -d) || exit 1
pids=()

finish() {
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
	"$BIN/headway" rm "$HEADWAY_ARENA" --force >/dev/null 2>&1
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n== %s\n' "$*"; }

# One line a record, from the list of full views that the HTTP reader sends.
bars() {
	jq -r --argjson width "$1" '
		def human: if . >= 1048576 then "\(. / 104857.6 | round / 10) MiB"
			elif . >= 1024 then "\(. / 102.4 | round / 10) KiB" else "\(.) B" end;
		def pad($n): . + (" " * ([$n - length, 0] | max));
		def bar($part): ($part * $width | floor) as $full
			| "[\("#" * $full // "")\("." * ($width - $full) // "")] \($part * 100 | floor)%" | pad($width + 7);
		([.[] | select(.parent == null)] + [.[] | select(.parent != null)])[]
		| [ ((if .parent then "  " else "" end) + .name | pad(20)),
		    (.status | pad(8)),
		    (if .total > 0 then bar([.done / .total, 1] | min) else "" | pad($width + 7) end),
		    (.done | human | pad(10)),
		    "\(.counters.files) files",
		    (.messages[] | select(.key == "Error").value) ] | join(" ")'
}

"$BIN/headway" init --ttl 60s >/dev/null || exit 1
"$BIN/headway-httpd" --listen 127.0.0.1:0 2>"$work/httpd" &
pids+=($!)
for _ in $(seq 100); do
	address=$(grep -oE '127\.0\.0\.1:[0-9]+' "$work/httpd" | head -n 1)
	[ -n "$address" ] && break
	sleep 0.05
done
[ -n "$address" ] || { cat "$work/httpd" >&2; echo "demo: the HTTP reader did not start" >&2; exit 1; }

say "A job over $megabytes MB of $folder: one process lists, three checksum, one compresses"
"$BIN/pipeline" "$folder" "$megabytes" >"$work/job" &
job_pid=$!
pids+=("$job_pid")
while [ ! -s "$work/job" ] && kill -0 "$job_pid" 2>/dev/null; do sleep 0.05; done
job=$(cat "$work/job")
[ -n "$job" ] || { echo "demo: the job did not start" >&2; exit 1; }
echo "its record: http://$address/_/status/$job"

polls=0 drawn=0
while kill -0 "$job_pid" 2>/dev/null; do
	curl -fsS "http://$address/_/status/" >"$work/list" && polls=$((polls + 1))
	if [ -t 1 ]; then
		[ "$drawn" -gt 0 ] && printf '\033[%dA' "$drawn"
		bars 30 <"$work/list" | cut -c "1-$(tput cols 2>/dev/null || echo 80)" >"$work/bars"
		sed 's/$/\x1b[K/' "$work/bars"
		drawn=$(wc -l <"$work/bars")
		sleep 0.15
	else
		bars 20 <"$work/list" | sed -n '1p;/compress/p'
		sleep 0.5
	fi
done
wait "$job_pid"
code=$?

say "The accident, as a poller sees it"
# The job may be over before the next look; its records stay.
curl -fsS -H 'Cache-Control: no-cache' "http://$address/_/status/" >"$work/list" && polls=$((polls + 1))
jq -r '.[] | select(.status == "Error") | .id' "$work/list" | head -n 1 >"$work/lost"
lost=$(cat "$work/lost")
[ -n "$lost" ] && curl -fsS "http://$address/_/status/$lost"

say "The job, over HTTP after $polls polls"
curl -fsS "http://$address/_/status/$job" | tee "$work/final"

say "All records"
"$BIN/headway" dump --format table

say "The reaper, a minute later (told so with --ttl)"
sleep 1.1
"$BIN/headway" reap --ttl 1s --error-ttl 1s
"$BIN/headway" fsck

say "Result"
if [ $code -eq 0 ] && grep -q '"status":"Finished"' "$work/final" && [ -n "$lost" ]; then
	echo "demo: ok: the job is Finished although one of its processes was killed"
else
	echo "demo: FAILED (exit $code of the job)"
	exit 1
fi
