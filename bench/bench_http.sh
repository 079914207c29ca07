#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The cost of HTTP for the server. Four answers, each requested in turns, in several rounds, from
# headway-httpd and from the peers named beside it; each server has one thread on one processor, the
# client has another.
#	record	the status view, read from the arena; nginx with a file of the same bytes (without
#		sendfile), bare libmicrohttpd with a constant, Go's net/http encoding the same status
#	304	the same record, requested with its ETag
#	results	a record with 300 KiB of results
#	list	ten thousand records
# The answers are compared before the timing. Then: the time until a client of the event stream sees
# a change, and the processor time that a thousand such streams take.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
PATH=$PATH:/usr/sbin
smoke=${BENCH_SMOKE:-}
rounds=${BENCH_ROUNDS:-7} seconds=1 records=10000 changes=100 streams=1000 stream_seconds=10
[ -n "$smoke" ] && rounds=1 records=1000 changes=3 streams=50 stream_seconds=1
for program in wrk nginx curl "$BIN/bench/http-go" "$BIN/bench/http-bare" "$BIN/bench/http-many"; do
	command -v "$program" >/dev/null || { echo "SKIP bench_http: no ${program##*/} here"; exit 0; }
done
[ "$(nproc)" -ge 2 ] || { echo "SKIP bench_http: needs 2 processors"; exit 0; }
dir=$(mktemp -d) || exit 1
# shellcheck source=bench/figures.sh
. "$here/figures.sh"
export HEADWAY_ARENA=/headway-bench-http-$$
declare -A pid url
trap 'kill "${pid[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir" "/dev/shm$HEADWAY_ARENA" "/dev/shm$HEADWAY_ARENA-list"' EXIT
trap 'exit 1' INT TERM
fail() { echo "bench_http: $*" >&2; exit 1; }
many() { "$BIN/bench/http-many" "$@"; }

"$BIN/headway" init >/dev/null
id=$("$BIN/headway" start --name bench) || fail "cannot start a record"
"$BIN/headway" message "$id" 'Step=3/7' 'Query=select id, size from parts where kind = 4' 'Stage=3 of 7: sort the parts' \
	Commit=9f1c20e7b35d 'Details=1482 of 9000 rows merged, 12 wait for it; next: parts'
"$BIN/headway" dump --format status "$id" >"$dir/record"
[ "$(wc -c <"$dir/record")" = 357 ] || fail "the record has $(wc -c <"$dir/record") bytes, not 357"
big=$("$BIN/headway" start --name big)
head -c 230000 /dev/urandom | base64 -w 0 | sed 's/.*/"&"/' | head -c 307200 | "$BIN/headway" results "$big" - || fail "no results"
"$BIN/headway" finish "$big"
"$BIN/headway" dump --format status "$big" >"$dir/results"
HEADWAY_ARENA=$HEADWAY_ARENA-list "$BIN/headway" init --slots 16384 >/dev/null
HEADWAY_ARENA=$HEADWAY_ARENA-list many records $records || fail "cannot start $records records"

# ---- servers -------------------------------------------------------------------------------------
serve() { # NAME ARENA
	HEADWAY_ARENA=$2 "$BIN/headway-httpd" --listen 127.0.0.1:0 --threads 1 2>"$dir/log.$1" &
	pid[$1]=$!
}
bare() { # WHAT
	"$BIN/bench/http-bare" <"$dir/$1" >"$dir/port.$1" &
	pid[bare-$1]=$!
}
ready() { # FILE PATTERN
	for _ in $(seq 1 200); do grep -q "$2" "$1" && return; sleep 0.05; done
	fail "a server does not start: $(cat "$1")"
}
address() { sed -n 's|.*listening on \(http.*\)/$|\1|p' "$dir/log.$1"; }
serve headway "$HEADWAY_ARENA"
serve headway-list "$HEADWAY_ARENA-list"
ready "$dir/log.headway" listening
ready "$dir/log.headway-list" listening
url[headway-record]=$(address headway)/_/status/$id
url[headway-304]=${url[headway-record]}
url[headway-results]=$(address headway)/_/status/$big
url[headway-list]=$(address headway-list)/_/status/
curl -s "${url[headway-list]}" >"$dir/list"
[ "$(grep -o '"id":' "$dir/list" | wc -l)" = $records ] || fail "the list is not one of $records records"
for what in record results list; do bare $what; done
GOMAXPROCS=1 "$BIN/bench/http-go" <"$dir/record" >"$dir/port.go" &
pid[go]=$!
port=$("$BIN/bench/http-go" port)
mkdir "$dir/www"
cp "$dir/record" "$dir/results" "$dir/list" "$dir/www"
chmod 755 "$dir" "$dir/www" && chmod 644 "$dir"/www/*
cat >"$dir/nginx.conf" <<-N
	daemon off; master_process off; worker_processes 1; pid "$dir/nginx.pid"; error_log "$dir/error.log";
	events { worker_connections 1024; }
	http { access_log off; default_type application/json; sendfile off; open_file_cache max=10; keepalive_requests 1000000000;
	  client_body_temp_path "$dir/a"; proxy_temp_path "$dir/b"; fastcgi_temp_path "$dir/c"; uwsgi_temp_path "$dir/d";
	  scgi_temp_path "$dir/e";
	  server { listen 127.0.0.1:$port; root "$dir/www"; } }
N
nginx -c "$dir/nginx.conf" -p "$dir" 2>"$dir/nginx.err" &
pid[nginx]=$!
for what in record results list; do
	ready "$dir/port.$what" .
	url[bare-$what]=http://127.0.0.1:$(cat "$dir/port.$what")/
	url[nginx-$what]=http://127.0.0.1:$port/$what
done
ready "$dir/port.go" .
url[go-record]=http://127.0.0.1:$(cat "$dir/port.go")/

pairs=(headway-record bare-record nginx-record go-record headway-304 headway-results bare-results nginx-results
	headway-list bare-list nginx-list)
ageless() { sed 's/"elapsed_seconds":[0-9.]*//g'; } # without the field that differs in each list
for pair in "${pairs[@]}"; do
	[ "$pair" = headway-304 ] && continue
	curl -s --retry 20 --retry-connrefused --retry-delay 1 "${url[$pair]}" | ageless | cmp -s - <(ageless <"$dir/${pair#*-}") ||
		fail "$pair does not answer as it should"
done
etag=$(curl -s -o /dev/null -D - "${url[headway-record]}" | tr -d '\r' | sed -n 's/^ETag: //ip')
[ "$(curl -s -o /dev/null -w '%{http_code}' -H "If-None-Match: $etag" "${url[headway-304]}")" = 304 ] || fail "no 304"
pid[headway-record]=${pid[headway]} pid[headway-304]=${pid[headway]} pid[headway-results]=${pid[headway]}
pid[nginx-record]=${pid[nginx]} pid[nginx-results]=${pid[nginx]} pid[nginx-list]=${pid[nginx]} pid[go-record]=${pid[go]}

# ---- questions -----------------------------------------------------------------------------------
cpus=()
while read -r cpu; do cpus+=("$cpu"); done < <(taskset -cp $$ | sed 's/.*: //' | tr , '\n' |
	awk -F- '{ for (i = $1; i <= ($2 == "" ? $1 : $2); i++) print i }')
spent() { cat "/proc/$1/task/"*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }'; }
measure() { # PAIR: one line "requests-a-second microseconds-a-request"
	local before after out header=()
	[ "$1" = headway-304 ] && header=(-H "If-None-Match: $etag")
	before=$(spent "${pid[$1]}")
	out=$(taskset -c "${cpus[1]}" wrk -t 1 -c 16 -d "${seconds}s" "${header[@]}" "${url[$1]}")
	after=$(spent "${pid[$1]}")
	if grep -q 'Non-2xx' <<<"$out" && [ "$1" != headway-304 ] || grep -q 'Socket errors' <<<"$out"; then
		echo "bench_http: $1: $out" >&2
		return 1
	fi
	awk -v ns=$((after - before)) '/requests in/ { n = $1; s = $4; sub("s,", "", s); printf "%.1f %.3f\n", n / s, ns / n / 1e3 }' <<<"$out"
}
for server in "${!pid[@]}"; do taskset -apc "${cpus[0]}" "${pid[$server]}" >/dev/null; done
if [ -n "$smoke" ]; then # all at once; figures are ignored
	asking=()
	for pair in "${pairs[@]}"; do
		measure "$pair" >"$dir/$pair" &
		asking+=($!)
	done
	for asker in "${asking[@]}"; do wait "$asker" || fail "a server failed"; done
fi
for ((round = 0; round <= rounds && !${#smoke}; round++)); do # round 0 is the warm-up
	for pair in "${pairs[@]}"; do
		line=$(measure "$pair") || fail "$pair failed"
		[ $round -eq 0 ] || echo "$line" >>"$dir/$pair"
	done
done

# ---- figures -------------------------------------------------------------------------------------
mhd=bare_libmicrohttpd nginx=nginx,_a_file
bytes=$(awk -v n="$(wc -c <"$dir/list")" 'BEGIN { print n / 1e9 }')
figures http <<-Q || exit 1
	record,_server_CPU us 2 1 headway-record nginx-record $nginx times<=1
	record,_server_CPU us 2 1 headway-record go-record Go_net/http times<=0.5
	record,_server_CPU us 2 1 headway-record bare-record $mhd times<=1.08
	record,_requests /s 1 1 headway-record nginx-record $nginx times>=1
	record,_requests /s 1 1 headway-record go-record Go_net/http -
	record,_requests /s 1 1 headway-record bare-record $mhd -
	304,_server_CPU us 2 1 headway-304 headway-record its_200 times<=1
	304,_requests /s 1 1 headway-304 headway-record its_200 times>=1
	results_of_300_KiB,_requests /s 1 1 headway-results nginx-results $nginx times>=0.9
	results_of_300_KiB,_requests /s 1 1 headway-results bare-results $mhd -
	results_of_300_KiB,_server_CPU us 2 1 headway-results nginx-results $nginx -
	list_of_$records GB/s 1 $bytes headway-list - - >=2
	list_of_$records GB/s 1 $bytes headway-list bare-list $mhd -
	list_of_$records GB/s 1 $bytes headway-list nginx-list $nginx times>=1.4
	list_of_$records,_server_CPU us 2 1 headway-list bare-list $mhd -
	list_of_$records,_server_CPU us 2 1 headway-list nginx-list $nginx -
Q
awk -v b="$bytes" '{ s += $2; n++ } END { printf "NOTE http: the list: %.2f GB a second of the server'"'"'s processor time\n", b * n / s * 1e6 }' \
	"$dir/headway-list"

# ---- events --------------------------------------------------------------------------------------
port=$(address headway)
port=${port##*:}
taskset -c "${cpus[1]}" "$BIN/bench/http-many" latency "$port" $changes >"$dir/latency" || fail "no events"
figures http <<-Q || exit 1
	change_to_event,_longest ms 1 1 latency - - <=120
	change_to_event ms 1 1 latency - - -
Q
taskset -c "${cpus[1]}" "$BIN/bench/http-many" followers "$port" $streams >"$dir/followers" &
followers=$!
for _ in $(seq 1 600); do
	grep -q up "$dir/followers" && break
	sleep 0.1
done
before=$(spent "${pid[headway]}")
many changes 100 $stream_seconds || fail "cannot change the records"
awk -v ns=$(($(spent "${pid[headway]}") - before)) -v s=$stream_seconds 'BEGIN { printf "%.1f\n", ns / s / 1e7 }' >"$dir/percent"
wait $followers || fail "the followers failed"
figures http <<<"${streams}_event_streams,_100_changes_a_second %CPU 1 1 percent - - <=50" || exit 1
echo "NOTE http: $(tail -n 1 "$dir/followers") events came to $streams followers in $stream_seconds s"
echo "NOTE http: $(nginx -v 2>&1 | sed 's/.*: //'), $(dpkg-query -W -f 'libmicrohttpd ${Version}' libmicrohttpd12 2>/dev/null)," \
	"$(XDG_CONFIG_HOME=$dir go version 2>/dev/null | cut -d' ' -f3), $(wrk -v 2>&1 | sed -n 's/^wrk \([^ ]*\).*/wrk \1/p')"
