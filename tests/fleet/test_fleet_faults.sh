#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The network between relay, servers and reader is split; the bucket is purged and deleted; the reader is stopped
# for a while; consumers are refused.  Nobody's writer waits, and the union is what the hosts' arenas say again.
# test_fleet_faults.sh [long]: splits that outlast every time limit, and a reader behind a slow line, too
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
is_long=${1:-}
host_is() { [[ $(get "$url/_/hosts?host=$1") == *"\"alive\":$2"* ]]; }
change() { # HOST: what a host does meanwhile
	local id
	id=$(as "$1" "$headway" start --name "$1 meanwhile" --total 10)
	as "$1" "$headway" message "${running[$1]}" Step "$((++step))"
	as "$1" "$headway" results "$id" "{\"step\":$step}"
	as "$1" "$headway" finish "$id"
}
step=0
declare -A running
changing=()
printf '%s\n' 'accounts { all { jetstream: enabled, users: [ { user: relay, password: p }' \
	'  { user: reader, password: p, permissions: { publish: ">", subscribe: ">" } } ] } }' 'no_auth_user: relay' >"$dir/nats.conf"
nats_start a -c "$dir/nats.conf"
proxy web1 "${nats_port[a]}"
proxy reader "${nats_port[a]}"
for name in web1 web2; do
	host "$name"
	running[$name]=$(as "$name" "$headway" start --name "on $name")
done
via=nats://127.0.0.1:${proxy_port[web1]} relay_start web1 --listen 127.0.0.1:0 --age 20s
relay_start web2 --age 20s
within relay_is_writing web1
serve --nats "nats://reader:p@127.0.0.1:${proxy_port[reader]}"
within answers 200 "$url/readyz"
within union_is_own web1 web2

# ---- a relay is cut off: nothing arrives, and nobody is told -----------------------------------------------
split() { # PROXY SECONDS: what happens meanwhile is up to the caller
	kill -STOP "${proxy_pid[$1]}"
	pause "$2"
}
heal() { kill -CONT "${proxy_pid[$1]}"; }
split web1 0
change web1
change web2
within host_is web1 false
within host_is web2 true
has 'its records stay and say so' "$(get "$url/_/status/${running[web1]}?view=full")" '"status":"Running".*"host_alive":false}'
has 'the other host goes on' "$(fresh "$url/_/status/?host=web2")" '"name":"web2 meanwhile"'
hasnt 'and this one does not' "$(fresh "$url/_/status/")" '"name":"web1 meanwhile"'
[ -z "$is_long" ] || pause 30
heal web1
within host_is web1 true
within union_is_own web1 web2
kill -USR1 "${proxy_pid[web1]}" # now its connection is closed
change web1
within union_is_own web1 web2

# ---- the reader is cut off ---------------------------------------------------------------------------------
split reader 0
change web1
within host_is web2 false # so far as it knows
change web2
[ -z "$is_long" ] || pause 30
heal reader
within union_is_own web1 web2
within host_is web2 true

# ---- the reader is slow: stopped while things change -------------------------------------------------------
kill -STOP "$pid"
for _ in 1 2 3; do change web1; change web2; done
kill -CONT "$pid"
within union_is_own web1 web2

# ---- the bucket is purged, and deleted, under way -----------------------------------------------------------
for name in web1 web2; do (for _ in 1 2 3; do change "$name"; done) & changing[${#changing[@]}]=$!; done
has 'purged' "$(api STREAM.PURGE.KV_headway)" '"success":true'
wait "${changing[@]}"
within union_is_own web1 web2
changing=()
for name in web1 web2; do (for _ in 1 2 3; do change "$name"; done) & changing[${#changing[@]}]=$!; done
has 'deleted' "$(api STREAM.DELETE.KV_headway)" '"success":true'
wait "${changing[@]}"
within union_is_own web1 web2
within answers 200 "$url/readyz"

# ---- no consumer is to be had: what is gone from the bucket goes all the same ---------------------------------
if [ -n "$is_long" ]; then
	sed -i 's/publish: ">"/publish: { deny: "$JS.API.CONSUMER.>" }/' "$dir/nats.conf"
	end "${nats_pid[a]}"
	nats_start a -c "$dir/nats.conf"
	within says 'cannot read the fleet: Timeout' "$log"
	end "${relay_pid[web2]}" KILL
	host_is_gone() { [ "$(get "$url/_/hosts?host=$1")" = '[]' ] && [ "$(fresh "$url/_/status/?host=$1")" = '[]' ]; }
	within host_is_gone web2
	sed -i 's/publish: {[^}]*}/publish: ">"/' "$dir/nats.conf"
	end "${nats_pid[a]}"
	nats_start a -c "$dir/nats.conf"
	relay_start web2 --age 20s
	within union_is_own web1 web2
fi

# ---- a slow line: a burst takes long to come, and is sent once -------------------------------------------------
subscribed() { [[ $(get "$url/metrics") =~ headway_fleet_subscriptions_total\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"; }
if [ -n "$is_long" ]; then
	end "$pid"
	proxy slow "${nats_port[a]}" 250000
	serve --nats "nats://127.0.0.1:${proxy_port[slow]}"
	within answers 200 "$url/readyz"
	has_records() { [ "$(fresh "$url/_/status/" | jq length)" -ge "$1" ]; }
	before=$(subscribed)
	HEADWAY_ARENA=/headway-fleet-test-$$-web1 many 1500 burst
	within has_records 1500
	is 'it was not asked for again' "$(subscribed)" "$before"
fi

# ---- servers that answer late: a write is sent again once, not for ever ------------------------------------------
counted() { [[ $(get "$relay_metrics") =~ headway_relay_$1\ ([0-9]+) ]] && echo "${BASH_REMATCH[1]}"; }
if [ -n "$is_long" ]; then
	proxy late "${nats_port[a]}" 2300
	host late
	via=nats://127.0.0.1:${proxy_port[late]} relay_start late --listen 127.0.0.1:0 --bucket late --age 600s
	within relay_is_writing late
	relay_metrics=$(sed -n 's|.*listening on \(http.*\)/$|\1/metrics|p' "${relay_log[late]}")
	HEADWAY_ARENA=/headway-fleet-test-$$-late many 600 behind
	is_written() { [ "$(counted pending)" = 0 ] && [ "$(counted records)" -ge 600 ]; }
	within is_written
	timeouts=$(counted timeouts_total)
	[ "$timeouts" -lt 300 ] || fail "$timeouts writes of 600 were sent again"
	end "${relay_pid[late]}"
fi

# ---- the servers are away: a million updates, and no system call -----------------------------------------------
calls=$BIN/tests/proc/test_fast_calls
end "${nats_pid[a]}" KILL
if [ -x "$calls" ] && strace -o "$dir/trace" true 2>/dev/null; then
	strace -o "$dir/trace" "$calls" 1000000 "/headway-fleet-test-$$-web1" >/dev/null || fail 'the updates failed'
	is 'the markers are there' "$(grep -c '^getppid(' "$dir/trace")" 6
	is 'no system call' "$(awk '/^getppid\(/ { n++; next } n >= 1 && n < 4' "$dir/trace")" ''
else
	echo 'the trace is left out: it needs strace, and tests/proc/test_fast_calls of make check'
fi
for name in web1 web2; do change "$name"; done
nats_start a -c "$dir/nats.conf"
within union_is_own web1 web2
finish
