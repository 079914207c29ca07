#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A real Prometheus scrapes the server, and answers questions about what it found; promtool has nothing to
# say against either format.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
for program in prometheus promtool jq; do
	command -v $program >/dev/null || { echo "no $program here"; exit 77; }
done
"$headway" init --slots 64 --bytes 1M >/dev/null
serve --metrics-records=8
for _ in 1 2 3; do "$headway" start --name 'a "b"\c' --total 10 >/dev/null; done
id=$("$headway" start --name over)
"$headway" finish "$id"
"$headway" error "$("$headway" start --name bad)" 'no such file'

for accept in text/plain 'application/openmetrics-text; version=1.0.0'; do
	get -H 'Cache-Control: no-cache' -H "Accept: $accept" "$url/metrics" >"$dir/metrics"
	promtool check metrics <"$dir/metrics" >"$dir/promtool" 2>&1 || [ "$accept" != text/plain ] ||
		fail "promtool, $accept: $(cat "$dir/promtool")"
done

cat >"$dir/prometheus.yml" <<E2
global: {scrape_interval: 1s, scrape_timeout: 1s}
scrape_configs:
  - job_name: headway
    static_configs: [{targets: ['${url#http://}']}]
E2
promtool check config "$dir/prometheus.yml" >/dev/null || fail 'the configuration is not good'

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" \
	--web.listen-address="127.0.0.1:$port" --log.level=warn >"$dir/log.prometheus" 2>&1 &
prometheus=$!
pids+=("$prometheus")
ask() { # QUERY: the first value
	curl -s --max-time 5 -G "http://127.0.0.1:$port/api/v1/query" --data-urlencode "query=$1" 2>/dev/null |
		jq -r '.data.result[0].value[1] // empty' 2>/dev/null
}
finds() { [ "$(ask "$1")" = "$2" ]; }
within finds 'up{job="headway"}' 1
within finds 'headway_records{status="running"}' 3
is 'finished' "$(ask 'headway_records{status="finished"}')" 1
is 'error' "$(ask 'headway_records{status="error"}')" 1
is 'started' "$(ask headway_records_started_total)" 5
is 'a record each' "$(ask 'count(headway_record_done)')" 5
is 'its name' "$(ask 'count(headway_record_done{name="a \"b\"\\c"})')" 3
"$headway" start --name more >/dev/null
within finds 'headway_records{status="running"}' 4
hasnt 'nothing to complain of' "$(cat "$dir/log.prometheus")" 'level=(warn|error).*(scrape|parse)'
kill "$prometheus"
wait "$prometheus" 2>/dev/null
stop
finish
