#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Three servers, five hosts, a reader: servers, relays, hosts and the reader are killed, stopped for a while and
# started again at random, and the bucket is purged, while all hosts work.  When it is quiet again, the union is
# what the hosts' own arenas say, byte for byte, and of a dead host nothing is left after the bucket's age.
# cluster.sh [ROUNDS [SEED]]     20 rounds take some minutes
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
rounds=${1:-20} RANDOM=${2:-$$}
echo "seed ${2:-$$}"
hosts=(h0 h1 h2 h3 h4)
period=300ms
cluster
for name in "${hosts[@]}"; do
	host "$name"
	relay_start "$name" --replicas 3 --age 20s
done
serve --nats "$nats_url"

# What a host does in a round: some records, changes, ends, and one that is removed.
work() {
	local ids n
	for n in 1 2 3; do ids[n]=$(as "$1" "$headway" start --name "$1-$n" --total 100); done
	for n in 1 2 3 4 5; do
		as "$1" "$headway" message "${ids[1]}" Step "$n"
		as "$1" "$headway" set "${ids[2]}" "$((n * RANDOM % 100))"
	done
	as "$1" "$headway" finish "${ids[2]}"
	as "$1" "$headway" error "${ids[3]}" 'a <reason>'
	[ $((RANDOM % 2)) -eq 0 ] || as "$1" "$headway" rm "${ids[3]}" >/dev/null
	[ $((RANDOM % 2)) -eq 0 ] || as "$1" "$headway" finish "${ids[1]}"
}
info() { api STREAM.INFO.KV_headway; api CONSUMER.LIST.KV_headway; }
purge() { api STREAM.PURGE.KV_headway >/dev/null; } # as an administrator would
# What all three parts say of themselves, for whom it did not settle.
differs() { # HOST…
	local name
	diff <(union | LC_ALL=C sort) <(own "$@" | LC_ALL=C sort)
	get "$url/_/hosts"
	get "$url/metrics" | grep '^headway_\(up\|hosts\|fleet\)'
	for name in a b c; do echo "-- server $name" && grep -v 'Client connection' "$dir/nats-$name.log" | tail -n 20; done
	info
}
names=(a b c)
for ((round = 1; round <= rounds; round++)); do
	for name in "${hosts[@]}"; do work "$name" & done
	workers=$(jobs -rp | tail -n 5)
	name=${names[RANDOM % 3]} victim=${hosts[RANDOM % 5]}
	case $((RANDOM % 6)) in
	0) what="server $name killed" && end "${nats_pid[$name]}" KILL; pause 1; cluster_start "$name" ;;
	1) what="server $name stopped for a while" && kill -STOP "${nats_pid[$name]}" ; pause 3; kill -CONT "${nats_pid[$name]}" ;;
	2) what="relay of $victim killed" && end "${relay_pid[$victim]}" KILL && relay_start "$victim" --replicas 3 ;;
	3) what="relay of $victim stopped for a while" && kill -STOP "${relay_pid[$victim]}" ; pause 2; kill -CONT "${relay_pid[$victim]}" ;;
	4) what='the bucket purged' && purge ;;
	5) what='the reader killed' && end "$pid" KILL && serve --nats "$nats_url" ;;
	esac
	# shellcheck disable=SC2086
	wait $workers
	echo "round $round: $what"
	within answers 200 "$url/readyz"
	within union_is_own "${hosts[@]}" || {
		differs "${hosts[@]}"
		break
	}
	for name in "${hosts[@]}"; do # keep the lists short
		as "$name" "$headway" reap --ttl 1s --error-ttl 1s >/dev/null
	done
done

# A host dies, arena and all: after the bucket's age, nothing of it is there.
end "${relay_pid[h4]}" KILL
rm -f "/dev/shm/headway-fleet-test-$$-h4"
h4_is_gone() { [ "$(get "$url/_/hosts?host=h4")" = '[]' ] && [ "$(fresh "$url/_/status/?host=h4")" = '[]' ]; }
within h4_is_gone || differs h0 h1 h2 h3
within union_is_own h0 h1 h2 h3 || differs h0 h1 h2 h3
finish
