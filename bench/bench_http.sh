#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What does an HTTP answer cost the server?  Processor time (user and system) per request of
# headway-httpd reading a record from the arena, beside nginx sending a file of the same bytes (without sendfile,
# which costs more for short ones), a bare libmicrohttpd handler sending a constant, and Go's net/http
# encoding the same status.  The same for 300 KiB of results, for an answer that nothing has changed, for a list
# of 10,000 records, and for 1,000 streams of events.  All run at once and are asked in turn; one server
# thread each, on one processor, asked from the other; every answer is compared first.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
PATH=$PATH:/usr/sbin
smoke=${BENCH_SMOKE:-}
rounds=${BENCH_ROUNDS:-7} seconds=2
[ -n "$smoke" ] && rounds=1 seconds=1
for program in wrk nginx curl "$BIN/bench/http-go" "$BIN/bench/http-bare" "$BIN/bench/http-many"; do
	command -v "$program" >/dev/null || { echo "SKIP bench_http: no ${program##*/} here"; exit 0; }
done
[ "$(nproc)" -ge 2 ] || { echo "SKIP bench_http: needs 2 processors"; exit 0; }
dir=$(mktemp -d) || exit 1
export HEADWAY_ARENA=/headway-bench-http-$$
declare -A pid url
trap 'kill "${pid[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir" "/dev/shm$HEADWAY_ARENA"' EXIT
trap 'exit 1' INT TERM
fail() { echo "bench_http: $*" >&2; exit 1; }

"$BIN/headway" init --slots 12000 >/dev/null
id=$("$BIN/headway" start --name bench) || fail "cannot start a record"
"$BIN/headway" message "$id" 'Step=3/7' 'Query=select id, size from parts where kind = 4' \
	'Stage=3 of 7: sort the parts' Commit=9f1c20e7b35d \
	'Details=1482 of 9000 rows merged, 12 wait for it; next: parts'
"$BIN/headway" dump --format status "$id" >"$dir/text"
[ "$(wc -c <"$dir/text")" = 357 ] || fail "the record has $(wc -c <"$dir/text") bytes, not 357"
long=$("$BIN/headway" start --name long) || fail "cannot start a record"
{ printf '["' && head -c 307200 /dev/zero | tr '\0' x && printf '"]'; } | "$BIN/headway" results "$long" - ||
	fail "cannot set long results"
"$BIN/headway" dump --format status "$long" >"$dir/long"

# ---- servers ---------------------------------------------------------------------------------------
"$BIN/headway-httpd" --listen 127.0.0.1:0 --threads 1 --max-connections 2000 2>"$dir/log" &
pid[headway]=$!
"$BIN/bench/http-bare" <"$dir/text" >"$dir/port.bare" &
pid[bare]=$!
"$BIN/bench/http-bare" <"$dir/long" >"$dir/port.bare-long" &
pid[bare-long]=$!
GOMAXPROCS=1 "$BIN/bench/http-go" <"$dir/text" >"$dir/port.go" &
pid[go]=$!
port=$("$BIN/bench/http-go" port)
mkdir "$dir/www"
cp "$dir/text" "$dir/www/status"
cp "$dir/long" "$dir/www/long"
chmod 755 "$dir" "$dir/www"
cat >"$dir/nginx.conf" <<-N
	daemon off; master_process off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/error.log;
	events { worker_connections 1024; }
	http { access_log off; default_type application/json; sendfile off; open_file_cache max=10; keepalive_requests 1000000000;
	  client_body_temp_path $dir/a; proxy_temp_path $dir/b; fastcgi_temp_path $dir/c; uwsgi_temp_path $dir/d; scgi_temp_path $dir/e;
	  server { listen 127.0.0.1:$port; root $dir/www; } }
N
nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.err" &
pid[nginx]=$! url[nginx]=http://127.0.0.1:$port/status
for _ in $(seq 1 200); do
	grep -q listening "$dir/log" && [ -s "$dir/port.bare" ] && [ -s "$dir/port.bare-long" ] && [ -s "$dir/port.go" ] && break
	sleep 0.05
done
url[headway]=$(sed -n 's|.*listening on \(http.*\)$|\1|p' "$dir/log")_/status/$id
url[bare]=http://127.0.0.1:$(cat "$dir/port.bare")/
url[go]=http://127.0.0.1:$(cat "$dir/port.go")/

pid[headway-long]=${pid[headway]} pid[nginx-long]=${pid[nginx]} pid[headway-304]=${pid[headway]} pid[headway-list]=${pid[headway]}
url[headway-long]=${url[headway]%/*}/$long
url[nginx-long]=${url[nginx]%/*}/long
url[bare-long]=http://127.0.0.1:$(cat "$dir/port.bare-long")/
url[headway-304]=${url[headway]}
url[headway-list]="${url[headway]%/*}/?limit=10000"
etag=$(curl -sD - -o /dev/null --retry 20 --retry-connrefused "${url[headway]}" | tr -d '\r' | sed -n 's/^etag: //ip')
for name in headway-long nginx-long bare-long; do
	curl -s --retry 20 --retry-connrefused --retry-delay 1 "${url[$name]}" | cmp -s - "$dir/long" ||
		fail "$name does not answer as it should"
done
[ "$(curl -so /dev/null -w '%{http_code}' -H "If-None-Match: $etag" "${url[headway]}")" = 304 ] || fail "no 304"

servers=(headway bare nginx go headway-long bare-long nginx-long headway-304)
for name in headway bare nginx go; do
	curl -s --retry 20 --retry-connrefused --retry-delay 1 "${url[$name]}" | cmp -s - "$dir/text" ||
		fail "$name does not answer as it should"
done

# ---- questions -------------------------------------------------------------------------------------
cpus=()
while read -r cpu; do cpus+=("$cpu"); done < <(taskset -cp $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }')
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
measure() { # NAME: one line "requests-a-second microseconds-a-request"
	local before after out
	before=$(ticks "${pid[$1]}")
	local -a with=()
	[ "$1" = headway-304 ] && with=(-H "If-None-Match: $etag")
	out=$(taskset -c "${cpus[1]}" wrk -t 1 -c 16 -d "${seconds}s" "${with[@]}" "${url[$1]}")
	after=$(ticks "${pid[$1]}")
	grep -qE 'Non-2xx|Socket errors' <<<"$out" && { echo "bench_http: $1: $out" >&2; return 1; }
	awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v s="$seconds" \
		'/requests in/ { printf "%.0f %.3f\n", $1 / s, t / hz / $1 * 1e6 }' <<<"$out"
}
for name in "${servers[@]}"; do taskset -apc "${cpus[0]}" "${pid[$name]}" >/dev/null; done
if [ -n "$smoke" ]; then # all at once: the figures are not looked at
	asking=()
	for name in "${servers[@]}"; do
		measure "$name" >"$dir/result.$name" &
		asking+=($!)
	done
	for asker in "${asking[@]}"; do wait "$asker" || fail "a server failed"; done
fi
for ((round = 0; round <= rounds && !${#smoke}; round++)); do # round 0 warms up
	for name in "${servers[@]}"; do
		line=$(measure "$name") || fail "$name failed"
		[ $round -eq 0 ] || echo "$line" >>"$dir/result.$name"
	done
done

# ---- figures ---------------------------------------------------------------------------------------
# Median, least and most of numbers, a line each.
middle() { sort -n | awk '{ v[NR] = $1 } END { print (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2, v[1], v[NR] }'; }
cpu() { awk '{ print $2 }' "$dir/result.$1"; }
rate() { awk '{ print $1 }' "$dir/result.$1"; }
# say WHAT UNIT COLUMN OURS OTHER NAME MOST: times the other's, at most MOST
say() {
	local theirs ratio least most met
	read -r ours _ < <($3 "$4" | middle)
	read -r theirs _ < <($3 "$5" | middle)
	read -r ratio least most < <(paste <($3 "$4") <($3 "$5") | awk '{ printf "%.3f\n", $1 / ($2 ? $2 : 1) }' | middle)
	met=$(awk -v r="$ratio" -v t="$7" 'BEGIN { ok = t < 0 ? r >= -t : r <= t; print ok ? "yes" : "NO" }')
	[ -n "$smoke" ] && met=-
	echo "RESULT case=http what=$1 unit=$2 headway=$ours other=$6 other_value=$theirs ratio=$ratio sense=times" \
		"spread=$least..$most target=$(awk -v t="$7" 'BEGIN { print (t < 0 ? "times>=" (-t) : "times<=" t) }') met=$met rounds=$rounds disturbed=0"
}
say server_CPU_a_request us cpu headway bare bare_libmicrohttpd 1.15
say server_CPU_a_request us cpu headway nginx nginx,_static_file 1
say server_CPU_a_request us cpu headway go Go_net/http 0.5
say requests_a_second 1/s rate headway nginx nginx,_static_file -1
say requests_a_second,_300_KiB 1/s rate headway-long nginx-long nginx,_static_file -0.9
say requests_a_second,_300_KiB 1/s rate headway-long bare-long bare_libmicrohttpd -0.9
say server_CPU_a_304 us cpu headway-304 headway the_200 1

# ---- a long list, and many followers ---------------------------------------------------------------------
streams=1000
[ -n "$smoke" ] && streams=20
port=${url[headway]#http://127.0.0.1:} port=${port%%/*}
taskset -c "${cpus[1]}" "$BIN/bench/http-many" followers "$port" $streams $((seconds * 3)) >"$dir/followers" &
followers=$!
for _ in $(seq 1 200); do grep -q up "$dir/followers" && break; sleep 0.05; done
taskset -c "${cpus[1]}" "$BIN/bench/http-many" changes "$id" 100 $((seconds * 2)) &
before=$(ticks "${pid[headway]}")
wait $! || fail "cannot change the record"
after=$(ticks "${pid[headway]}")
wait $followers || fail "the followers failed"
awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v s=$((seconds * 2)) -v smoke="$smoke" -v n=$streams \
	'BEGIN { c = 100 * t / hz / s; printf "RESULT case=http what=%d_event_streams,_100_changes_a_second unit=%%CPU headway=%.1f other=- other_value=- ratio=- sense=- spread=%.1f..%.1f target=<=50 met=%s rounds=1 disturbed=0\n", n, c, c, c, (smoke ? "-" : (c <= 50 ? "yes" : "NO")) }'
echo "NOTE http: $(tail -n 1 "$dir/followers") progress events came to $streams followers"

"$BIN/bench/http-many" records 10000 || fail "cannot start so many records"
sleep 0.5
bytes=$(curl -s --retry 3 "${url[headway-list]}" | wc -c)
read -r rate _ < <(measure headway-list)
awk -v n="$rate" -v b="$bytes" -v smoke="$smoke" 'BEGIN { g = n * b / 1e9; printf "RESULT case=http what=list_of_10000,_from_one_thread unit=GB/s headway=%.2f other=- other_value=- ratio=- sense=- spread=%.2f..%.2f target=>=2 met=%s rounds=1 disturbed=0\n", g, g, g, (smoke ? "-" : (g >= 2 ? "yes" : "NO")) }'
for name in "${servers[@]}"; do
	read -r rate _ < <(rate "$name" | middle)
	echo "NOTE http: $name answered $rate requests a second from one thread"
done
