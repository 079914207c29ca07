#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The shipped alerts and dashboard: Prometheus accepts the rules, each alert fires when it should,
# and they use only metrics that the server has.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
shipped=$root/httpd/monitoring
PATH=$PATH:$root/.deps/usr/bin # where `make deps` unpacks it
"$headway" start >/dev/null
serve --metrics-records
metrics=$(fresh -H 'Accept: application/openmetrics-text' "$url/metrics")
mapfile -t names < <(sed -n 's/^\([a-z_]*\)[{ ].*/\1/p' <<<"$metrics" | sort -u)
known=" ${names[*]} "

# Expressions only: titles are text.  A label has the name of its metric in a state set.
expressions() {
	jq -r '.. | .expr? // .query?.query? // empty' "$shipped/headway.dashboard.json"
	sed -n '/expr:/,/labels:\|for:/p' "$shipped/headway.rules.yml"
}
mapfile -t used < <(expressions | grep -oE '\b(headway|process)_[a-z_]+' | sort -u)
[ ${#used[@]} -gt 20 ] || fail "only ${#used[@]} metrics are used: ${used[*]}"
for name in "${used[@]}"; do
	[[ $known == *" $name "* ]] || fail "there is no metric $name"
done
is 'the dashboard has panels' "$(jq '[.panels[].targets[].expr] | length > 20' "$shipped/headway.dashboard.json")" true
is 'each with a place of its own' "$(jq '[.panels[].gridPos | [.x, .y]] | length == (unique | length)' "$shipped/headway.dashboard.json")" true
for alert in $(sed -n 's/.*alert: //p' "$shipped/headway.rules.yml"); do
	grep -q "alertname: $alert\$" "$shipped/headway.rules.test.yml" || fail "$alert is never seen to fire"
done

if ! command -v promtool >/dev/null; then
	echo 'NOTE no promtool here: the rules were not tried'
	finish
fi
has 'the rules' "$(promtool check rules "$shipped/headway.rules.yml" 2>&1)" 'SUCCESS: [0-9]+ rules found'
has 'the alerts' "$(cd "$shipped" && promtool test rules headway.rules.test.yml 2>&1)" SUCCESS
jq '.panels | [.[].targets[].expr | gsub("\\$__rate_interval"; "5m") | gsub("\\$[a-z]+"; "x")]
	| {groups: [{name: "x", rules: [to_entries[] | {record: "x:\(.key)", expr: .value}]}]}' \
	"$shipped/headway.dashboard.json" >"$dir/expressions.yml"
has 'the expressions of the dashboard' "$(promtool check rules "$dir/expressions.yml" 2>&1)" 'SUCCESS: 2[0-9] rules found'
finish
