#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A fleet on this machine: a cluster of three NATS servers, three hosts with an arena and a relay each, and one
# page with the records of all.  Then a host dies, and a server.  demo.sh FOLDER (of the programs)
set -u
bin=${1:?the folder of the programs}
PATH=$PATH:/usr/sbin:$(cd "${0%/*}/../.." && pwd)/.deps/usr/sbin
for program in nats-server curl jq python3; do
	command -v "$program" >/dev/null || { echo "demo: $program is missing; make deps installs it" >&2; exit 1; }
done
[ -x "$bin/headway-relay" ] || { echo 'demo: no headway-relay: it is built where libnats is (make deps)' >&2; exit 1; }
dir=$(mktemp -d) || exit 1
unset HEADWAY_ARENA HEADWAY_PARENT NATS_URL
pids=()
hosts=(ada bob cyd)
leave() {
	kill "${pids[@]}" 2>/dev/null
	wait 2>/dev/null
	for host in "${hosts[@]}"; do rm -f "/dev/shm/headway-demo-$$-$host"; done
	rm -rf "$dir"
}
trap leave EXIT
trap 'exit 130' INT TERM
bold='' plain=''
[ ! -t 1 ] || bold=$'\e[1m' plain=$'\e[0m'
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
until_true() { for _ in {1..300}; do "$@" && return; sleep 0.1; done; echo "demo: never came true: $*" >&2; exit 1; }

say 'Three NATS servers, a cluster:'
read -r -a port < <(python3 -c '
import socket
s = [socket.socket() for _ in range(6)]
for x in s: x.bind(("127.0.0.1", 0))
print(*[x.getsockname()[1] for x in s])')
routes=nats://127.0.0.1:${port[3]},nats://127.0.0.1:${port[4]},nats://127.0.0.1:${port[5]}
for i in 0 1 2; do
	nats-server -a 127.0.0.1 -p "${port[i]}" -n "demo$i" -js -sd "$dir/js$i" -cluster_name demo \
		-cluster "nats://127.0.0.1:${port[i + 3]}" -routes "$routes" >"$dir/nats$i" 2>&1 &
	pids+=($!)
	server[i]=$!
done
servers=nats://127.0.0.1:${port[0]},nats://127.0.0.1:${port[1]},nats://127.0.0.1:${port[2]}
is_led() { grep -q 'JetStream cluster new metadata leader' "$dir"/nats?; }
until_true is_led
echo "$servers"

say 'A page for all hosts:'
"$bin/headway-httpd" --nats "$servers" --listen 127.0.0.1:0 2>"$dir/httpd" &
pids+=($!)
until_true grep -q listening "$dir/httpd"
url=$(sed -n 's/.*listening on \(http.*\)$/\1/p' "$dir/httpd")
echo "$url"

say 'Three hosts, each with an arena, a relay, and work:'
declare -A relay work
for host in "${hosts[@]}"; do
	arena=/headway-demo-$$-$host
	"$bin/headway" --arena "$arena" init >/dev/null
	"$bin/headway-relay" --arena "$arena" --nats "$servers" --host "$host" --replicas 3 --period 500ms 2>"$dir/$host" &
	pids+=($!)
	relay[$host]=$!
	(
		id=$("$bin/headway" --arena "$arena" start "import on $host" --total 400 --unit rows)
		for n in {1..400}; do
			"$bin/headway" --arena "$arena" set "$id" "$n"
			[ $((n % 40)) -ne 1 ] || "$bin/headway" --arena "$arena" message "$id" Table "part $((n / 40 + 1)) of 10"
			sleep 0.1
		done
	) &
	pids+=($!)
	work[$host]=$!
done
id=$("$bin/headway" --arena "/headway-demo-$$-bob" start 'nightly backup')
"$bin/headway" --arena "/headway-demo-$$-bob" error "$id" 'no space left on the tape'
look() {
	curl -s "${url}_/status/" | jq -r '.[] | [.host, (if .host_alive then "alive" else "silent" end), .name, .status,
		(if .total > 0 then "\(.done)/\(.total)" else "" end)] | @tsv' | sort | column -t -s $'\t'
}
count() { [ "$(curl -s "${url}_/status/" | jq length)" = "$1" ]; }
until_true count 4
sleep "${DEMO_PAUSE:-4}"
look

say 'The host bob dies with its relay, and so does a server:'
disown "${relay[bob]}" "${work[bob]}" "${server[0]}" # or bash would report their ends
kill -KILL "${relay[bob]}" "${work[bob]}" "${server[0]}"
silent() { curl -s "${url}_/hosts?host=bob" | jq -e '.[0].alive == false' >/dev/null; }
until_true silent
sleep "${DEMO_PAUSE:-4}"
look
curl -s "${url}_/hosts"

say 'The host bob comes back:'
"$bin/headway-relay" --arena "/headway-demo-$$-bob" --nats "$servers" --host bob --replicas 3 --period 500ms 2>>"$dir/bob" &
pids+=($!)
alive() { curl -s "${url}_/hosts?host=bob" | jq -e '.[0].alive' >/dev/null; }
until_true alive
look
if [ -n "${DEMO_KEEP:-}" ]; then
	say "Look at $url; press Enter to end the demonstration."
	read -r _
fi
say 'All programs end, and nothing is left behind.'
