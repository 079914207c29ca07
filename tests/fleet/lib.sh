# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# Sourced by the tests of the fleet: NATS servers on free ports, hosts with an arena and a relay each, and
# readers.  serve, get, is, within … are those of the tests of headway-httpd.
# shellcheck source=tests/http/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../http/lib.sh"
relay=$BIN/headway-relay
[ -x "$relay" ] || { echo "no $relay here: it is built where libnats is (package libnats-dev)"; exit 77; }
PATH=$PATH:/usr/sbin:$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/.deps/usr/sbin # only unpacked
nats=$(command -v nats-server) || { echo 'no nats-server here (package nats-server)'; exit 77; }
unset NATS_URL
arenas=()
remove_arenas() {
	local arena
	for arena in "${arenas[@]}"; do rm -f "/dev/shm$arena"; done
}
trap 'clean_up; remove_arenas' EXIT

# nats_start NAME [OPTION]…: a server; the port is a free one, and the same when it is started again.
# Sets nats_pid[NAME], nats_port[NAME], nats_url (all servers).
declare -A nats_pid nats_port relay_pid relay_log
nats_start() {
	local name=$1 file=$dir/nats-$1.log port=${nats_port[$1]:--1}
	shift
	: >"$file"
	"$nats" -a 127.0.0.1 -p "$port" -js -sd "$dir/js-$name" -n "$name" "$@" >"$file" 2>&1 &
	nats_pid[$name]=$!
	pids+=("$!")
	within says 'Server is ready' "$file" || { cat "$file"; exit 1; }
	[[ $(<"$file") =~ client\ connections\ on\ 127.0.0.1:([0-9]+) ]] && nats_port[$name]=${BASH_REMATCH[1]}
	nats_url=$(for port in "${nats_port[@]}"; do echo "nats://127.0.0.1:$port"; done | sort | paste -sd,)
}
# end PID [SIGNAL]
end() {
	disown "$1" 2>/dev/null # or bash would tell of its end
	kill -"${2:-TERM}" "$1" 2>/dev/null
	while kill -0 "$1" 2>/dev/null; do pause 0.02; done
	return 0
}

# as HOST COMMAND…: with that host's arena
as() { HEADWAY_ARENA=/headway-fleet-test-$$-$1 "${@:2}"; }
# host NAME: an arena for it
host() {
	arenas+=("/headway-fleet-test-$$-$1")
	as "$1" "$headway" init >/dev/null
}
# relay_start NAME [OPTION]…: to the servers, or those of $via; sets relay_pid[NAME], relay_log[NAME]
relay_start() {
	local name=$1
	relay_log[$name]=$dir/log-relay-$name-$((++servers))
	HEADWAY_ARENA=/headway-fleet-test-$$-$name "$relay" --nats "${via:-$nats_url}" --host "$name" --period "${period:-200ms}" "${@:2}" \
		2>"${relay_log[$name]}" &
	relay_pid[$name]=$!
	pids+=("$!")
}
relay_is_writing() { says 'writing the records of host' "${relay_log[$1]}"; }

# union: status views of all records that the reader shows, sorted
union() {
	fresh "$url/_/status/" | jq -r --arg url "$url" '.[] | "url = \($url)/_/status/\(.id)"' | sort |
		curl -s --max-time 60 -K -
}
# own NAME…: the same of the hosts' own arenas
own() {
	local name
	for name; do as "$name" "$headway" dump --format status; done | LC_ALL=C sort -t/ -k4
}
union_is_own() { # NAME…
	local left right
	left=$(union | LC_ALL=C sort) right=$(own "$@" | LC_ALL=C sort)
	[ "$left" = "$right" ]
}
# put KEY VALUE [HEADERS]: write to the bucket as any client of NATS could
put() {
	local port=${nats_port[${4:-a}]} to
	exec {to}<>"/dev/tcp/127.0.0.1/$port" || return
	printf 'CONNECT {"verbose":false,"headers":true}\r\nPUB $KV.headway.%s %d\r\n%s\r\nPING\r\n' "$1" "${#2}" "$2" >&"$to"
	while read -rt 10 -u "$to" line && [[ $line != PONG* ]]; do :; done
	exec {to}>&-
}
# api SUBJECT: what JetStream answers, by the protocol of NATS
api() {
	local to line port
	for port in "${nats_port[@]}"; do
		{ exec {to}<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || continue
		printf 'CONNECT {"verbose":false}\r\nSUB answer 1\r\nPUB $JS.API.%s answer 0\r\n\r\n' "$1" >&"$to"
		while read -rt 5 -u "$to" line && [[ $line != '{"type"'* ]]; do :; done
		echo "$line"
		exec {to}>&-
		return
	done
}
# proxy NAME PORT [BYTES_PER_SECOND]: a network that can be split; sets proxy_pid[NAME], proxy_port[NAME]
declare -A proxy_pid proxy_port
proxy() {
	"$python" "$(dirname "${BASH_SOURCE[0]}")/proxy.py" "${@:2}" >"$dir/proxy-$1" &
	proxy_pid[$1]=$!
	pids+=("$!")
	within test -s "$dir/proxy-$1"
	proxy_port[$1]=$(<"$dir/proxy-$1")
}
# cluster: servers a, b and c, that know each other; started again by cluster_start NAME
cluster() {
	local ports name i=0
	read -r -a ports < <("$python" -c '
import socket
s = [socket.socket() for _ in range(6)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
	for name in a b c; do
		nats_port[$name]=${ports[i]} route_port[$name]=${ports[i + 3]}
		i=$((i + 1))
	done
	routes=nats://127.0.0.1:${ports[3]},nats://127.0.0.1:${ports[4]},nats://127.0.0.1:${ports[5]}
	for name in a b c; do cluster_start "$name"; done
	within has_leader
}
declare -A route_port
has_leader() { says 'JetStream cluster new metadata leader' <(cat "$dir"/nats-?.log); }
cluster_start() {
	nats_start "$1" -cluster_name test -cluster "nats://127.0.0.1:${route_port[$1]}" -routes "$routes"
}
