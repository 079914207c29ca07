#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# /metrics in both formats; few series unless more are asked for.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
serve
for _ in 1 2 3; do "$headway" start --name 'a "b"\c' >/dev/null; done
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
hasnt 'no series a record' "$text" '^headway_record_'
hasnt 'no EOF' "$text" '^# EOF'
is 'EOF' "$(metrics -H "$open" "$url/metrics" | tail -n 1)" '# EOF'
has 'OpenMetrics family' "$(metrics -H "$open" "$url/metrics")" '^# TYPE headway_records_started counter$'
if command -v promtool >/dev/null; then
	promtool check metrics <<<"$text" >"$dir/promtool" 2>&1 || fail "promtool: $(cat "$dir/promtool")"
fi
stop

serve --metrics-records=2
text=$(metrics "$url/metrics")
is 'series for the newest two' "$(grep -c '^headway_record_done{' <<<"$text")" 2
if command -v promtool >/dev/null; then
	promtool check metrics <<<"$text" >"$dir/promtool" 2>&1 || fail "promtool: $(cat "$dir/promtool")"
fi
stop
serve --metrics-records
has 'labels are escaped' "$(metrics "$url/metrics")" 'name="a \\"b\\"\\\\c"'
stop
finish
