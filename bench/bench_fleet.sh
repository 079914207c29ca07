#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The fleet: what one relay on one processor writes, how old a change is when a client of the reader sees it, what an
# idle fleet takes, and the reader's memory; beside a program that writes the same into Redis hashes by pipelines.
# The servers and the load have the other processor; nothing is written to a disk.
set -u
here=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$here/../build/release}
PATH=$PATH:/usr/sbin:$here/../.deps/usr/sbin
smoke=${BENCH_SMOKE:-}
rounds=3 records=10000 seconds=3 hosts=1000 each=100 fast=200000
[ -n "$smoke" ] && rounds=1 records=500 seconds=1 hosts=20 each=10 fast=20000
for program in "$BIN/headway-relay" nats-server redis-server redis-cli curl jq python3 taskset "$BIN/bench/fleet"; do
	command -v "$program" >/dev/null || { echo "SKIP bench_fleet: no ${program##*/} here"; exit 0; }
done
[ "$(nproc)" -ge 2 ] || { echo "SKIP bench_fleet: needs 2 processors"; exit 0; }
dir=$(mktemp -d /dev/shm/headway-fleet-XXXXXX) || exit 1
export HEADWAY_ARENA=/headway-bench-fleet-$$
unset NATS_URL
pids=()
trap 'kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$dir" "/dev/shm$HEADWAY_ARENA"' EXIT
trap 'exit 1' INT TERM
fail() { echo "bench_fleet: $*" >&2; exit 1; }
until_true() { for _ in {1..600}; do "$@" && return; sleep 0.1; done; fail "never came true: $*"; }
listens() { grep -q "$1" "$2"; }

# ---- programs ------------------------------------------------------------------------------------------
run() { # NAME PROCESSOR PROGRAM…: in the background; sets pid
	taskset -c "$2" "${@:3}" >"$dir/$1" 2>&1 &
	pid=$!
	pids+=("$pid")
}
run nats 1 nats-server -a 127.0.0.1 -p -1 -js -sd "$dir/js"
nats_pid=$pid
until_true listens 'Server is ready' "$dir/nats"
port=$(sed -n 's/.*client connections on 127.0.0.1:\([0-9]*\)/\1/p' "$dir/nats")
run redis 1 redis-server --port 0 --unixsocket "$dir/redis.sock" --save '' --appendonly no
redis_pid=$pid
until_true test -S "$dir/redis.sock"
relay() { # OPTION…
	run relay 0 "$BIN/headway-relay" --nats "127.0.0.1:$port" --host bench --listen 127.0.0.1:0 "$@"
	relay_pid=$pid
	until_true listens 'writing the records' "$dir/relay"
	relay_url=$(sed -n 's|.*listening on \(http.*\)/$|\1|p' "$dir/relay")
}
reader() {
	run reader "$1" "$BIN/headway-httpd" --nats "127.0.0.1:$port" --listen 127.0.0.1:0
	reader_pid=$pid
	until_true listens 'listening' "$dir/reader"
	reader_url=$(sed -n 's|.*listening on \(http.*\)/$|\1|p' "$dir/reader")
	until_true curl -sf -o "$dir/ready" "$reader_url/readyz"
}
end() { kill "$1"; wait "$1" 2>/dev/null; }
load() { # COUNT RATE SECONDS: starts its records; it changes them when a line is written to load
	rm -f "/dev/shm$HEADWAY_ARENA"
	"$BIN/headway" init --slots $((2 * $1)) --bytes $(($1 * 4 + 4000))K >/dev/null || fail 'no arena'
	coproc LOAD { taskset -c 1 "$BIN/bench/fleet" change "$@"; }
	load_pid=$LOAD_PID
	pids+=("$load_pid")
	read -r _ <&"${LOAD[0]}"
}
ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; } # of a hundredth of a second
published() { curl -s "$relay_url/metrics" | awk '/^headway_relay_published_total/ { print $2 }'; }
caught_up() { curl -sf -o "$dir/ready" "$relay_url/readyz"; }
rss_mb() { awk '/^VmRSS/ { printf "%.1f\n", $2 / 1024 }' "/proc/$1/status"; }

# result WHAT UNIT SENSE PEER: the figures of the rounds are in $dir/ours, and the peer's in $dir/theirs
result() {
	local ours theirs ratio=-
	ours=$(sort -g "$dir/ours" | sed -n "$((($(wc -l <"$dir/ours") + 1) / 2))p")
	theirs=$([ "$4" = - ] && echo - || sort -g "$dir/theirs" | sed -n "$((($(wc -l <"$dir/theirs") + 1) / 2))p")
	[ -n "$ours" ] || fail "nothing measured: $1"
	[ "$4" = - ] || ratio=$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.3g", (b > 0 ? a / b : 0) }')
	echo "RESULT case=fleet what=$1 unit=$2 headway=$ours other=$4 other_value=$theirs ratio=$ratio sense=$3" \
		"spread=$(sort -g "$dir/ours" | head -n 1)..$(sort -g "$dir/ours" | tail -n 1) target=- met=- rounds=$rounds disturbed=0"
	rm -f "$dir/ours" "$dir/theirs"
}

# ---- changed records a second: all change faster than they can be written ---------------------------------
for ((round = 0; round < rounds; round++)); do
	load $records $fast $((2 * seconds + 4))
	relay --period 10ms
	until_true caught_up
	echo >&"${LOAD[1]}"
	sleep 1
	before=$(published) busy=$(ticks "$relay_pid") begin=$EPOCHREALTIME
	sleep $seconds
	after=$(published) busy=$(($(ticks "$relay_pid") - busy))
	awk -v n=$((after - before)) -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.0f\n", n / (b - a) }' >>"$dir/ours"
	awk -v n=$((after - before)) -v t="$busy" 'BEGIN { printf "%.1f\n", t * 1e4 / n }' >>"$dir/ours-cpu"
	end "$relay_pid"
	taskset -c 0 "$BIN/bench/fleet" redis "$dir/redis.sock" bench $seconds >"$dir/written" || fail 'Redis'
	awk -v s=$seconds '{ printf "%.0f\n", $1 / s }' "$dir/written" >>"$dir/theirs"
	awk '{ printf "%.1f\n", $2 * 1e3 / $1 }' "$dir/written" >>"$dir/theirs-cpu"
	kill "$load_pid" 2>/dev/null
	wait "$load_pid" 2>/dev/null
done
result changed_records_a_second,_one_relay /s times Redis,_pipelines_of_256
mv "$dir/ours-cpu" "$dir/ours"
mv "$dir/theirs-cpu" "$dir/theirs"
result "relay's_CPU,_a_changed_record" us times Redis,_pipelines_of_256

# ---- staleness: a thousand changes a second of records that change every few seconds ------------------------
load $((records / 2)) 1000 $((seconds * 4 + 30))
relay --period 1s
until_true caught_up
reader 1
run host 1 "$BIN/headway-httpd" --listen 127.0.0.1:0
host_pid=$pid
until_true listens listening "$dir/host"
host_url=$(sed -n 's|.*listening on \(http.*\)/$|\1|p' "$dir/host")
echo >&"${LOAD[1]}"
python3 "$here/fleet/stale.py" "${reader_url##*:}" $seconds >"$dir/stale" || fail "$(cat "$dir/stale")"
python3 "$here/fleet/stale.py" "${host_url##*:}" $seconds >"$dir/stale-host" || fail "$(cat "$dir/stale-host")"
for column in 2:median 3:99th_percentile; do
	awk -v c="${column%:*}" '{ print $c }' "$dir/stale" >"$dir/ours"
	awk -v c="${column%:*}" '{ print $c }' "$dir/stale-host" >"$dir/theirs"
	result "age_of_a_change_in_an_event,_${column#*:}" ms times "the_host's_own_headway-httpd"
done
end "$host_pid"
kill "$load_pid" 2>/dev/null
wait "$load_pid" 2>/dev/null

# ---- an idle fleet ---------------------------------------------------------------------------------------
until_true caught_up
busy=$(ticks "$relay_pid")
sleep $seconds
awk -v t=$(($(ticks "$relay_pid") - busy)) -v s=$seconds 'BEGIN { printf "%.2f\n", t * 10 / s }' >"$dir/ours"
result "an_idle_relay's_CPU_a_second,_$((records / 2))_records" ms times -
end "$relay_pid"
end "$reader_pid"

# ---- many hosts ------------------------------------------------------------------------------------------
"$BIN/headway" dump --format ndjson | head -n 1 >"$dir/sample"
"$BIN/headway" dump --format status "$(jq -r .id "$dir/sample")" >>"$dir/sample"
reader 0
empty=$(rss_mb "$reader_pid")
python3 "$here/fleet/inject.py" nats "$port" $hosts $each $((seconds + 1)) $hosts <"$dir/sample" >"$dir/injected" &
pids+=($!)
injector=$!
until_true listens written "$dir/injected"
busy=$(ticks "$reader_pid") nats_busy=$(ticks "$nats_pid")
wait "$injector" || fail 'cannot write what many hosts would'
awk -v t=$(($(ticks "$reader_pid") - busy)) -v s=$((seconds + 1)) 'BEGIN { printf "%.2f\n", t * 10 / s }' >"$dir/ours"
result "reader's_CPU_a_second,_${hosts}_heartbeats" ms times -
awk -v t=$(($(ticks "$nats_pid") - nats_busy)) -v s=$((seconds + 1)) 'BEGIN { printf "%.2f\n", t * 10 / s }' >"$dir/ours"
result "server's_CPU_a_second,_${hosts}_heartbeats" ms times -
end "$reader_pid"
begin=$EPOCHREALTIME
reader 0
awk -v a="$begin" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.2f\n", b - a }' >"$dir/ours"
result "a_reader's_start,_$((hosts * each))_records" s times -
curl -s "$reader_url/metrics" >"$dir/metrics"
grep -q "^headway_hosts $((hosts + 1))" "$dir/metrics" || grep -q "^headway_hosts $hosts" "$dir/metrics" || fail "hosts are missing: $(grep ^headway_hosts "$dir/metrics")"
before=$(redis-cli -s "$dir/redis.sock" flushall >"$dir/reply"; redis-cli -s "$dir/redis.sock" info memory | awk -F: '/^used_memory:/ { print $2 + 0 }')
python3 "$here/fleet/inject.py" redis "$dir/redis.sock" $hosts $each <"$dir/sample" || fail 'Redis'
after=$(redis-cli -s "$dir/redis.sock" info memory | awk -F: '/^used_memory:/ { print $2 + 0 }')
awk -v n=$((hosts * each)) -v a="$empty" -v b="$(rss_mb "$reader_pid")" 'BEGIN { printf "%.0f\n", (b - a) * 1048576 / n }' >"$dir/ours"
awk -v n=$((hosts * each)) -v d=$((after - before)) 'BEGIN { printf "%.0f\n", d / n }' >"$dir/theirs"
bytes=$(wc -c <"$dir/sample")
result "memory_a_record_of_${bytes}_bytes,_$((hosts * each))_records" B times "Redis,_the_same_values"
kill "$redis_pid" 2>/dev/null
