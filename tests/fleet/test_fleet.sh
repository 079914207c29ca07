#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Two hosts, their relays, one NATS server and headway-httpd --nats: the union is what the hosts' own arenas
# say, and stays so whatever ends and comes back.
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"

# ---- usage -------------------------------------------------------------------------------------------------
usage() { # WHAT WANTED PROGRAM ARGUMENT…
	local text
	text=$("${@:3}" 2>&1)
	is "$1: exit code" $? 2
	has "$1" "$text" "$2"
}
usage 'no servers' '--nats is missing' "$relay"
usage 'a bad host' "--host: 'a b'" "$relay" --nats 127.0.0.1:1 --host 'a b'
usage 'a host that ends in an id' 'may not end in a UUID' "$relay" --nats 127.0.0.1:1 --host web.00000000-0000-8000-8000-000000000000
usage 'a bad bucket' "--bucket: 'a.b'" "$relay" --nats 127.0.0.1:1 --bucket a.b
usage 'a bad period' '--period: .soon.* is not a time' "$relay" --nats 127.0.0.1:1 --period soon
usage 'no credentials' "--creds: cannot read '/nowhere'" "$relay" --nats 127.0.0.1:1 --creds /nowhere
usage 'an arena, too' 'only one of them' "$httpd" --nats 127.0.0.1:1 --arena /x
has 'help' "$("$relay" --help)" '--period TIME'

# ---- the servers come last ---------------------------------------------------------------------------------
nats_start a
end "${nats_pid[a]}"
host web1
host web2
first=$(as web1 "$headway" start --name first --total 10)
"$headway" init >/dev/null # the reader's own host has an arena, too, which it does not show
"$headway" start --name mine >/dev/null
serve --nats "$nats_url"
is 'not ready without servers' "$(code_of "$url/readyz")" 503
has 'and says why' "$(get "$url/_/status/")" 'the fleet was not read yet: the servers were not reached'
relay_start web1 --listen 127.0.0.1:0
relay_start web2
nats_start a
within relay_is_writing web1
within relay_is_writing web2
within answers 200 "$url/readyz"
within union_is_own web1 web2
is 'one record' "$(fresh "$url/_/status/" | jq length)" 1
has 'the full view names the host' "$(get "$url/_/status/$first?view=full")" '"host":"web1","host_alive":true}'

# ---- changes ---------------------------------------------------------------------------------------------------
second=$(as web2 "$headway" start --name 'zweite <&>' --total 3)
as web2 "$headway" message "$second" 'Schritt "ä"' $'a\tb'
as web2 "$headway" results "$second" '{"deep":[[[[1e999,123456789012345678901234567890]]]],"s":"\u2028<"}'
as web1 "$headway" add "$first" 4
within union_is_own web1 web2
done_is() { [ "$(get "$url/_/status/$1?view=full" | jq .done)" = "$2" ]; }
within done_is "$first" 4
etag=$(header etag "$url/_/status/$first")
within test "$(header etag "$url/_/status/$first")" = "$etag"
as web1 "$headway" set "$first" 5
within done_is "$first" 5
is 'a counter is no change of the status view' "$(code_of -H "If-None-Match: $etag" "$url/_/status/$first")" 304
waited=$(get "$url/_/status/$second?wait=30s" & as web2 "$headway" finish "$second"; wait)
has 'a long poll ends with the record' "$waited" '^\{"status":"Finished"'
is 'only this host' "$(fresh "$url/_/status/?host=web2" | jq -r '.[].id')" "$second"
is 'no such host' "$(fresh "$url/_/status/?host=x*")" '[]'
events=$(curl -sN --max-time 1 "$url/_/events?host=web2")
has 'events of one host' "$events" '"host":"web2"'
hasnt 'and not of the others' "$events" '"host":"web1"'
has 'metrics' "$(get "$url/metrics")" '^headway_host_records\{host="web2",status="finished"\} 1$'
has 'hosts' "$(get "$url/_/hosts")" '^.?\{"host":"web2","alive":true,'

# ---- the relay's own words -------------------------------------------------------------------------------------
[[ $(<"${relay_log[web1]}") =~ listening\ on\ (http://127[0-9.:]*)/ ]] && own_url=${BASH_REMATCH[1]}
is 'healthz' "$(code_of "$own_url/healthz")" 200
within answers 200 "$own_url/readyz"
has 'published' "$(get "$own_url/metrics")" '^headway_relay_published_total [1-9]'
has 'who it is' "$(get "$own_url/metrics")" 'host="web1",bucket="headway"'

# ---- a record that is removed is gone --------------------------------------------------------------------------
as web2 "$headway" rm "$second" >/dev/null
within answers 404 "$url/_/status/$second"
within union_is_own web1 web2

# ---- one name, two relays --------------------------------------------------------------------------------------
text=$(as web2 timeout 60 "$relay" --nats "$nats_url" --host web1 2>&1)
is 'the second relay of a name is refused' $? 1
has 'and says so' "$text" "another relay has the host name 'web1': process ${relay_pid[web1]} "
within union_is_own web1 web2

# ---- a host dies -----------------------------------------------------------------------------------------------
host_is() { [[ $(get "$url/_/hosts?host=$1") == *"\"alive\":$2"* ]]; }
end "${relay_pid[web1]}" KILL
within host_is web1 false
has 'its records stay and say so' "$(fresh "$url/_/status/")" '"status":"Running".*"host":"web1","host_alive":false}'
has 'and the metrics' "$(get "$url/metrics")" '^headway_host_up\{host="web1"\} 0$'
as web1 "$headway" message "$first" Step 'while away'
as web1 "$headway" start --name third >/dev/null
relay_start web1 # the dead one's name is free at once: it was a process of this system
within host_is web1 true
within union_is_own web1 web2

# ---- the servers die, twice, and nobody waits for them ------------------------------------------------------------
end "${nats_pid[a]}" KILL
for i in 1 2 3; do as web1 "$headway" message "$first" Step "$i"; done
as web2 "$headway" start --name fourth >/dev/null
has 'the reader still shows what it knew' "$(fresh "$url/_/status/")" '"name":"first"'
nats_start a
within union_is_own web1 web2

# ---- a reader that starts is complete before it says so --------------------------------------------------------------
for i in 1 2 3 4 5; do as web2 "$headway" start --name "more-$i" >/dev/null; done
within union_is_own web1 web2
stop
is 'ends in order' "$code" 0
serve --nats "$nats_url"
until answers 200 "$url/readyz"; do pause 0.02; done
union_is_own web1 web2 || fail "ready, but not complete: $(union) - $(own web1 web2)"

# ---- the tool tells the host with the owner ---------------------------------------------------------------------------
as web2 "$headway" run --name owned sh -c "until [ -e '$dir/go' ]; do sleep 0.05; done" &
runner=$!
owners() { "$headway" dump --url "$url" --name owned --fields owner; }
told() { [[ $(owners) =~ OWNER.*[0-9]+\ sh\ on\ web2$ ]]; }
within told || owners
touch "$dir/go"
wait "$runner"
within union_is_own web1 web2

# ---- what nobody of ours wrote ----------------------------------------------------------------------------------------
id=00000000-0000-8000-8000-00000000000
view="{\"status\":\"Running\",\"messages\":[],\"url\":\"/x\"}"
full="{\"status\":\"Running\",\"messages\":[],\"url\":\"/x\",\"id\":\"${id}1\",\"name\":\"n\",\"started_at\":\"2026-11-29T18:13:57Z\",\"version\":1}"
put "web3.${id}1" "$full"$'\n'"$view"$'\n'
within answers 200 "$url/_/status/${id}1"
put "web3.${id}2" "$full"$'\n'"$view"$'\n'              # another record's
put "web3.${id}1" "${full/Running/Finished}"$'\n'"$view"$'\n' # the views contradict each other
put "web3.${id}3" 'no json'
put "web3.${id}4" ''
put 'web3' '{"host":"web3"'
put 'web4' '{"host":"web5","period_seconds":1}'
invalid_is() { [[ $(get "$url/metrics") == *$'\n'"headway_fleet_invalid_total $1"$'\n'* ]]; }
within invalid_is 6
is 'what is not valid is not shown' "$(code_of "$url/_/status/${id}1") $(code_of "$url/_/status/${id}2")" '404 404'
within union_is_own web1 web2
end "${relay_pid[web1]}"
has 'a relay that is stopped ends in order' "$(<"${relay_log[web1]}")" 'writing the records'
finish
