#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What does one HTTP answer cost the server?  Processor time (user and system) per request of
# headway-httpd reading a record from the arena, beside nginx sending a file of the same bytes, a bare
# libmicrohttpd handler sending a constant, and Go's net/http encoding the same status.  All run at once
# and are asked in turn; one server thread each; every answer is compared first.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
rounds=${BENCH_ROUNDS:-5} seconds=${BENCH_SECONDS:-2}
[ -n "${BENCH_SMOKE:-}" ] && rounds=1 seconds=1
for program in wrk nginx go cc curl; do
	PATH=$PATH:/usr/sbin command -v $program >/dev/null || { echo "SKIP bench_http: no $program here"; exit 0; }
done
dir=$(mktemp -d) || exit 1
export HEADWAY_ARENA=/headway-bench-http-$$
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir" "/dev/shm$HEADWAY_ARENA"' EXIT
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

"$BIN/headway" init >/dev/null
id=$("$BIN/headway" start --name bench)
"$BIN/headway" message "$id" 'Step=compile 12/40' File=src/protocol/slot.c Warnings=0
"$BIN/headway" dump --format status "$id" >"$dir/text"

declare -A pid url
"$BIN/headway-httpd" --listen 127.0.0.1:0 --threads 1 2>"$dir/log" &
pid[headway]=$!
cc -O2 -o "$dir/bare" "$here/http/bare.c" -lmicrohttpd || exit 1
p=$(port)
"$dir/bare" "$p" <"$dir/text" &
pid[bare]=$! url[bare]=http://127.0.0.1:$p/
(cd "$here/http" && GOFLAGS=-mod=mod GO111MODULE=off go build -o "$dir/go" main.go) || exit 1
p=$(port)
GOMAXPROCS=1 "$dir/go" "127.0.0.1:$p" <"$dir/text" &
pid[go]=$! url[go]=http://127.0.0.1:$p/
p=$(port)
mkdir "$dir/www"
cp "$dir/text" "$dir/www/status"
chmod 755 "$dir" "$dir/www"
cat >"$dir/nginx.conf" <<-N
	daemon off; master_process off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/error.log;
	events { worker_connections 1024; }
	http { access_log off; default_type application/json; sendfile on; open_file_cache max=10; keepalive_requests 1000000000;
	  client_body_temp_path $dir/a; proxy_temp_path $dir/b; fastcgi_temp_path $dir/c; uwsgi_temp_path $dir/d; scgi_temp_path $dir/e;
	  server { listen 127.0.0.1:$p; root $dir/www; } }
N
PATH=$PATH:/usr/sbin nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.err" &
pid[nginx]=$! url[nginx]=http://127.0.0.1:$p/status
pids=("${pid[@]}")
for _ in $(seq 1 100); do grep -q listening "$dir/log" && break; sleep 0.1; done
url[headway]=$(sed -n 's|.*listening on \(http.*\)$|\1|p' "$dir/log")_/status/$id

servers=(headway bare nginx go)
for name in "${servers[@]}"; do
	curl -s --retry 20 --retry-connrefused --retry-delay 1 "${url[$name]}" | cmp -s - "$dir/text" ||
		{ echo "bench_http: $name does not answer as it should" >&2; exit 1; }
done
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
measure() { # NAME: one line "requests-a-second microseconds-a-request"
	local before after out
	before=$(ticks "${pid[$1]}")
	out=$(taskset -c 1 wrk -t 1 -c 16 -d "${seconds}s" "${url[$1]}")
	after=$(ticks "${pid[$1]}")
	grep -q 'Non-2xx' <<<"$out" && { echo "bench_http: $1 fails" >&2; exit 1; }
	awk -v t=$((after - before)) -v hz="$(getconf CLK_TCK)" -v s="$seconds" \
		'/requests in/ { printf "%.0f %.3f\n", $1 / s, t / hz / $1 * 1e6 }' <<<"$out"
}
for name in "${servers[@]}"; do taskset -apc 0 "${pid[$name]}" >/dev/null; done
for ((round = 0; round < rounds; round++)); do
	for name in "${servers[@]}"; do measure "$name" >>"$dir/result.$name"; done
done
# Median, least and most of numbers, a line each.
middle() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)], v[1], v[NR] }'; }
cpu() { awk '{ print $2 }' "$dir/result.$1"; }
read -r ours _ < <(cpu headway | middle)
for name in bare nginx go; do
	case $name in
	bare) other=bare-libmicrohttpd ;;
	nginx) other=nginx-static-file ;;
	go) other=Go-net/http ;;
	esac
	read -r theirs _ < <(cpu $name | middle)
	read -r ratio least most < <(paste <(cpu headway) <(cpu $name) |
		awk -v bare="$([ $name = bare ] && echo 1)" '{ printf "%.2f\n", bare ? $1 / $2 : $2 / $1 }' | middle)
	echo "RESULT case=http what=server-CPU-a-request unit=us headway=$ours other=$other other_value=$theirs" \
		"ratio=$ratio sense=$([ $name = bare ] && echo times || echo faster) spread=$least-$most target=- met=- rounds=$rounds"
done
for name in "${servers[@]}"; do
	read -r rate _ < <(awk '{ print $1 }' "$dir/result.$name" | middle)
	echo "NOTE http: $name answered $rate requests a second from one thread"
done
