#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What does one HTTP answer cost the server?  Processor time (user and system) per request of
# headway-httpd reading a record from the arena, beside nginx sending a file of the same bytes, a bare
# libmicrohttpd handler sending a constant, and Go's net/http encoding the same status.  All run at once
# and are asked in turn; one server thread each, on one processor, asked from the other; every answer is
# compared first.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
PATH=$PATH:/usr/sbin
smoke=${BENCH_SMOKE:-}
rounds=${BENCH_ROUNDS:-7} seconds=2
[ -n "$smoke" ] && rounds=1 seconds=1
for program in wrk nginx curl "$BIN/bench/http-go" "$BIN/bench/http-bare"; do
	command -v "$program" >/dev/null || { echo "SKIP bench_http: no ${program##*/} here"; exit 0; }
done
[ "$(nproc)" -ge 2 ] || { echo "SKIP bench_http: needs 2 processors"; exit 0; }
dir=$(mktemp -d) || exit 1
export HEADWAY_ARENA=/headway-bench-http-$$
declare -A pid url
trap 'kill "${pid[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir" "/dev/shm$HEADWAY_ARENA"' EXIT
trap 'exit 1' INT TERM
fail() { echo "bench_http: $*" >&2; exit 1; }

"$BIN/headway" init >/dev/null
id=$("$BIN/headway" start --name bench) || fail "cannot start a record"
"$BIN/headway" message "$id" 'Step=3/7' 'Query=select id, size from parts where kind = 4' \
	'Stage=3 of 7: sort the parts' Commit=9f1c20e7b35d \
	'Details=1482 of 9000 rows merged, 12 wait for it; next: parts'
"$BIN/headway" dump --format status "$id" >"$dir/text"
[ "$(wc -c <"$dir/text")" = 357 ] || fail "the record has $(wc -c <"$dir/text") bytes, not 357"

# ---- servers ---------------------------------------------------------------------------------------
"$BIN/headway-httpd" --listen 127.0.0.1:0 --threads 1 2>"$dir/log" &
pid[headway]=$!
"$BIN/bench/http-bare" <"$dir/text" >"$dir/port.bare" &
pid[bare]=$!
GOMAXPROCS=1 "$BIN/bench/http-go" <"$dir/text" >"$dir/port.go" &
pid[go]=$!
port=$("$BIN/bench/http-go" port)
mkdir "$dir/www"
cp "$dir/text" "$dir/www/status"
chmod 755 "$dir" "$dir/www"
cat >"$dir/nginx.conf" <<-N
	daemon off; master_process off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/error.log;
	events { worker_connections 1024; }
	http { access_log off; default_type application/json; sendfile on; open_file_cache max=10; keepalive_requests 1000000000;
	  client_body_temp_path $dir/a; proxy_temp_path $dir/b; fastcgi_temp_path $dir/c; uwsgi_temp_path $dir/d; scgi_temp_path $dir/e;
	  server { listen 127.0.0.1:$port; root $dir/www; } }
N
nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.err" &
pid[nginx]=$! url[nginx]=http://127.0.0.1:$port/status
for _ in $(seq 1 200); do
	grep -q listening "$dir/log" && [ -s "$dir/port.bare" ] && [ -s "$dir/port.go" ] && break
	sleep 0.05
done
url[headway]=$(sed -n 's|.*listening on \(http.*\)$|\1|p' "$dir/log")_/status/$id
url[bare]=http://127.0.0.1:$(cat "$dir/port.bare")/
url[go]=http://127.0.0.1:$(cat "$dir/port.go")/

servers=(headway bare nginx go)
for name in "${servers[@]}"; do
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
	out=$(taskset -c "${cpus[1]}" wrk -t 1 -c 16 -d "${seconds}s" "${url[$1]}")
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
read -r ours _ < <(cpu headway | middle)
for name in bare nginx go; do
	case $name in
	bare) other=bare_libmicrohttpd ;;
	nginx) other=nginx,_static_file ;;
	go) other=Go_net/http ;;
	esac
	read -r theirs _ < <(cpu $name | middle)
	read -r ratio least most < <(paste <(cpu headway) <(cpu $name) |
		awk -v bare="$([ $name = bare ] && echo 1)" \
			'{ r = bare ? $1 / ($2 ? $2 : 1) : $2 / ($1 ? $1 : 1); printf "%.2f\n", r }' | middle)
	echo "RESULT case=http what=server_CPU_a_request unit=us headway=$ours other=$other other_value=$theirs" \
		"ratio=$ratio sense=$([ $name = bare ] && echo times || echo faster) spread=$least..$most target=- met=-" \
		"rounds=$rounds disturbed=0"
done
for name in "${servers[@]}"; do
	read -r rate _ < <(awk '{ print $1 }' "$dir/result.$name" | middle)
	echo "NOTE http: $name answered $rate requests a second from one thread"
done
