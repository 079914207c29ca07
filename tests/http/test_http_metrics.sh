#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# /metrics in both formats, scraped by a real Prometheus; few series unless more are requested.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
serve
for _ in 1 2 3; do runs=$("$headway" start --name 'a "b"\c'); done
id=$("$headway" start --name 'done')
"$headway" finish "$id"
id=$("$headway" start --name bad)
"$headway" error "$id" x
metrics() { get -H 'Cache-Control: no-cache' "$@"; }
open='Accept: application/openmetrics-text; version=1.0.0'

text=$(metrics "$url/metrics")
is 'type' "$(header content-type "$url/metrics")" 'text/plain; version=0.0.4; charset=utf-8'
is 'OpenMetrics type' "$(header content-type -H "$open" "$url/metrics")" \
	'application/openmetrics-text; version=1.0.0; charset=utf-8'
has 'up' "$text" '^headway_up 1$'
has 'running' "$text" '^headway_records\{status="running"\} 3$'
has 'finished' "$text" '^headway_records\{status="finished"\} 1$'
has 'error' "$text" '^headway_records\{status="error"\} 1$'
has 'started' "$text" '^headway_records_started_total 5$'
has 'capacity' "$text" '^headway_slots 4096$'
has 'age of the oldest' "$text" '^headway_oldest_running_seconds (0\.[0-9]*[1-9]|[1-9])'
hasnt 'no series a record' "$text" '^headway_record_'
hasnt 'no EOF' "$text" '^# EOF'
is 'EOF' "$(metrics -H "$open" "$url/metrics" | tail -n 1)" '# EOF'
page=$(metrics -H "$open" "$url/metrics")
# each family with a unit has a UNIT line
is 'units' "$(sed -n 's/^# UNIT \([a-z_]*\)_\([a-z]*\) \2$/\1_\2/p' <<<"$page" | sort)" \
	"$(sed -n 's/^# TYPE \([a-z_]*_\(seconds\|bytes\)\) .*/\1/p' <<<"$page" | sort)"
hasnt 'no units in the older format' "$text" '^# UNIT'
for name in cpu_seconds_total resident_memory_bytes virtual_memory_bytes open_fds max_fds threads start_time_seconds; do
	has "process_$name" "$text" "^process_$name [0-9.]*[1-9]"
done
started=$(sed -n 's/^process_start_time_seconds \([0-9]*\).*/\1/p' <<<"$text")
[ $((EPOCHSECONDS - started)) -le 60 ] && [ "$started" -le $((EPOCHSECONDS + 1)) ] || fail "started at $started"
# compressed on request
request -H 'Accept-Encoding: gzip' "$url/metrics"
is 'gzip' "${fields[content-encoding]:-} ${fields[vary]:-}" 'gzip Accept, Accept-Encoding'
has 'gzip: the same' "$(get --compressed "$url/metrics")" '^headway_up 1$'
# the histogram: buckets are cumulative, and answers that waited are not counted
for _ in 1 2 3; do get "$url/healthz" >/dev/null; done
get "$url/_/status/$runs?wait=700ms" >/dev/null
text=$(get "$url/metrics")
mapfile -t buckets < <(sed -n 's/^headway_httpd_answer_seconds_bucket{class="2xx",le="[^"]*"} //p' <<<"$text")
is 'buckets rise' "$(printf '%s\n' "${buckets[@]}")" "$(printf '%s\n' "${buckets[@]}" | sort -n)"
count=$(sed -n 's/^headway_httpd_answer_seconds_count{class="2xx"} //p' <<<"$text")
is 'the last bucket is all' "${buckets[-1]}" "$count"
is 'one waited' "$(sed -n 's/^headway_httpd_answers_total{class="2xx"} //p' <<<"$text")" $((count + 1))
text=$(metrics "$url/metrics")
has 'OpenMetrics family' "$(metrics -H "$open" "$url/metrics")" '^# TYPE headway_records_started counter$'
PATH=$PATH:$(cd "$(dirname "$0")/../.." && pwd)/.deps/usr/bin # where `make deps` unpacks it
promtool_likes() { # TEXT: passes if promtool prints nothing
	command -v promtool >/dev/null || return
	promtool check metrics <<<"$1" >"$dir/promtool" 2>&1 || fail "promtool: $(cat "$dir/promtool")"
	is 'promtool has nothing to say' "$(cat "$dir/promtool")" ''
}
promtool_likes "$text"
stop

serve --metrics-records=2
text=$(metrics "$url/metrics")
is 'series for the newest two' \
	"$(grep '^headway_record_done{' <<<"$text" | sed 's/.*name="//; s/".*//' | tr '\n' ' ')" 'done bad '
promtool_likes "$text"
states() { sed -n "s/^headway_record_status{.*name=\"$1\",headway_record_status=\"\([a-z]*\)\"} 1\$/\1/p" | tr '\n' ' '; }
is 'a state set' "$(states 'done' <<<"$text")$(states bad <<<"$text")" 'finished error '
is 'each state is there' "$(grep -c '^headway_record_status{.*name="bad"' <<<"$text")" 4
has 'its type' "$(metrics -H "$open" "$url/metrics")" '^# TYPE headway_record_status stateset$'
hasnt 'what is over is not idle' "$text" '^headway_record_idle_seconds'
stop
serve --metrics-records
idle() { get "$url/metrics" | sed -n 's/^headway_longest_idle_seconds \([0-9]*\)\..*/\1/p'; }
[ "$(idle)" -ge 1 ] || fail 'idle since its last message, before the server was there'
has 'labels are escaped' "$(metrics "$url/metrics")" 'name="a \\"b\\"\\\\c"'

# each line is a comment or a series: a newline in a name does not start another one
"$headway" start --name $'two\nlines 1\n# TYPE x' >/dev/null
text=$(metrics "$url/metrics")
has 'a newline in a label' "$text" 'name="two\\nlines 1\\n# TYPE x"\}'
is 'nothing but comments and series' \
	"$(grep -vE '^# (HELP|TYPE) [a-z_]+ |^[a-z_]+(\{[a-z_]+="([^"\\]|\\[\\n"])*"(,[a-z_]+="([^"\\]|\\[\\n"])*")*\})? [0-9.]+$' <<<"$text")" ''
promtool_likes "$text"
# answers are counted by class
answered() { [[ $(get "$url/metrics") =~ class=\"4xx\"\}\ ([0-9]+) ]] && count=${BASH_REMATCH[1]}; }
answered
before=$count
for _ in 1 2 3; do code_of "$url/nothing" >/dev/null; done
answered
is 'answers of 4xx' $((count - before)) 3

# a real Prometheus scrapes the server and stores the values
if ! command -v prometheus >/dev/null; then
	echo 'NOTE no prometheus here: not scraped'
	stop
	finish
fi
"$headway" add "$("$headway" start --name counted --total 99)" 42
cat >"$dir/prometheus.yml" <<Y
global: { scrape_interval: 2s, scrape_timeout: 2s }
scrape_configs:
  - { job_name: headway, static_configs: [ { targets: [ "${url#http://}" ] } ] }
Y
prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/tsdb" --web.listen-address=127.0.0.1:0 \
	--log.level=info >"$dir/prometheus" 2>&1 &
prometheus=$!
pids+=("$prometheus")
listens() { at=$(sed -n 's/.*msg="Listening on" address=\(127[0-9.:]*\).*/\1/p' "$dir/prometheus") && [ -n "$at" ]; }
within listens || { cat "$dir/prometheus"; finish; }
# query EXPRESSION: prints the value of the first series, nothing if there is none
query() {
	local encoded='' c i
	for ((i = 0; i < ${#1}; i++)); do
		c=${1:i:1}
		[[ $c == [[:alnum:]_] ]] || printf -v c '%%%02X' "'$c"
		encoded+=$c
	done
	request_all "http://$at/api/v1/query?query=$encoded"
	[[ $body =~ \"value\":\[[^,]*,\"([^\"]*)\"\] ]] && echo "${BASH_REMATCH[1]}"
}
knows() { [ "$(query "$1")" = "$2" ]; }
within knows headway_up 1
within knows 'headway_records{status="running"}' 5
is 'a counter' "$(query headway_records_started_total)" 7
is 'a record' "$(query 'headway_record_done{name="counted"}')" 42
is 'what it expects' "$(query 'headway_record_expected{name="counted"}')" 99
is 'an escaped label' "$(query 'count(headway_record_done{name="a \"b\"\\c"})')" 3
is 'the type it was told' "$(get "http://$at/api/v1/metadata?metric=headway_records_started" |
	jq -r '.data.headway_records_started[0].type')" counter
"$headway" start --name later >/dev/null
within knows 'headway_records{status="running"}' 6
kill "$prometheus"
wait "$prometheus"
stop
finish
