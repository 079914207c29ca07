#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Hosts, origins, tokens, the sandbox, the log.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null
id=$("$headway" start --name secret)
serve --access-log
record=$url/_/status/$id

# DNS rebinding: a page from elsewhere whose host name resolves to this server is refused
for host in evil.example localhost.evil.example 127.0.0.1.evil.example 10.0.0.1 '[::2]' 'x y' "localhost:80@evil"; do
	is "host $host" "$(code_of -H "Host: $host" "$record")" 421
	hasnt "host $host" "$(get -H "Host: $host" "$record?view=full")" secret
done
for host in localhost LOCALHOST:1 127.0.0.1 127.1.2.3:8080 '[::1]:80' app.localhost; do
	is "host $host" "$(code_of -H "Host: $host" "$record")" 200
done
is 'HTTP/1.1 without Host' "$(code_of -H 'Host:' "$record")" 400
is 'host of an absolute target' "$(code_of --request-target 'http://evil.example/healthz' "$url")" 421
is 'absolute target' "$(code_of --request-target "http://localhost/_/status/$id" "$url")" 200

is 'no CORS' "$(header access-control-allow-origin -H 'Origin: http://a.example' "$record")" ''
hasnt 'no NUL' "$(get --path-as-is "$url/_/status/$id%00x?view=full")" secret
has 'which is there to be seen' "$(get "$record?view=full")" secret
is 'read-only mapping' "$(grep "$HEADWAY_ARENA" "/proc/$pid/maps" | awk '{print $2}' | sort -u)" 'r--s'
is 'no new privileges' "$(awk '/^NoNewPrivs/{print $2}' "/proc/$pid/status")" 1
# root keeps the capabilities to read other users' arenas, and no others; another user has none, and may not
# limit those that it could get, which it cannot without new privileges
capabilities() { awk -v kinds="$1" '$1 ~ kinds && $2 !~ /^0+$/{print $1, $2}' /proc/"$pid"/task/*/status | sort -u; }
if [ "$(id -u)" = 0 ]; then
	is 'capabilities, of every kind, in every thread' "$(capabilities '^Cap')" "$(printf 'CapEff: %016x\nCapPrm: %016x' 4 4)"
else
	is 'no capabilities in any thread' "$(capabilities '^Cap(Inh|Prm|Eff|Amb):')" ''
fi
is 'seccomp filter in every thread' "$(awk '/^Seccomp:/{print $2}' /proc/"$pid"/task/*/status | sort -u)" 2

# the log: one line for each request, no forged lines
get --path-as-is "$url/a%0Ab" >/dev/null
printf 'GET /\033[31m"x\\ HTTP/1.1\r\nHost: localhost\r\n\r\n' | timeout 5 bash -c "cat >&3; head -n 1 <&3" 3<>"/dev/tcp/127.0.0.1/${url##*:}" >/dev/null
within says 'target=/a%0Ab status=404' "$log"
hasnt 'no control characters' "$(cat "$log")" $'\x1b'
# a long address is truncated: the status is still in the line
get "$url/$(printf 'x\\%.0s' {1..3500})" >/dev/null
within says '^headway-httpd: client=[0-9.]+ method=GET target=/[x\\5c]{2990,3000}\.\.\. status=404 ms=[0-9.]+$' "$log"
get -X "$(printf 'M%.0s' {1..3500})" "$url/healthz" >/dev/null
within says ' method=M{40}\.\.\. target=/healthz status=405 ' "$log"
stop

# without --access-log requests are not logged
serve
get "$url/healthz" "$url/a-request" >/dev/null
hasnt 'no access log' "$(cat "$log")" a-request
is 'Vary without origins' "$(header vary "$url/healthz")" ''
stop
# 8-bit control characters, alone and in UTF-8, which would move the cursor of a terminal that shows
# the log
at=$dir/$'c1-\xc2\x9b31m-\x9b32m-\xc3\xa9'
"$httpd" --listen "unix:$at" 2>"$dir/c1" &
pid=$!
pids+=("$pid")
within says 'listening on unix:' "$dir/c1"
is 'no controls of eight bits' "$(LC_ALL=C grep -c $'\x9b' "$dir/c1")" 0
is 'other letters stay' "$(LC_ALL=C grep -c $'31m.*32m-\xc3\xa9' "$dir/c1")" 1
stop

serve --allow-host '*.example.org' --allow-host exact.test --allow-host dotted.test. --allow-origin http://a.example
is '--allow-host' "$(code_of -H 'Host: exact.test:8080' "$url/healthz")" 200
is '--allow-host wildcard' "$(code_of -H 'Host: x.example.org' "$url/healthz")" 200
for host in exact.test. x.example.org. dotted.test dotted.test. localhost. 127.0.0.1.:80; do
	is "the root's dot: $host" "$(code_of -H "Host: $host" "$url/healthz")" 200
done
is '--allow-host others' "$(code_of -H 'Host: example.com' "$url/healthz")" 421
is '--allow-origin' "$(header access-control-allow-origin -H 'Origin: http://a.example' "$url/healthz")" http://a.example
is '--allow-origin: the answer depends on it' "$(header vary "$url/healthz")" Origin
is '--allow-host wildcard: not the name itself' "$(code_of -H 'Host: example.org' "$url/healthz")" 421
is '--allow-host wildcard: not another end' "$(code_of -H 'Host: xexample.org' "$url/healthz")" 421
is '--allow-origin others' "$(header access-control-allow-origin -H 'Origin: http://b.example' "$url/healthz")" ''
is 'preflight' "$(header access-control-allow-headers -X OPTIONS -H 'Origin: http://a.example' "$url/_/status/" | grep -c Authorization)" 1
is 'a preflight is remembered' "$(header access-control-max-age -X OPTIONS -H 'Origin: http://a.example' "$url/_/status/")" 3600
is 'other answers do not tell that' "$(header access-control-max-age -H 'Origin: http://a.example' "$url/healthz")" ''
stop

printf '# comment\n\nfirst-token\n  second-token \t\n \n  # more\n' >"$dir/tokens"
chmod 600 "$dir/tokens"
serve --token-file "$dir/tokens"
record=$url/_/status/$id
for path in "_/status/$id?view=full" _/status/ _/events metrics; do
	is "no token: $path" "$(code_of "$url/$path")" 401
	hasnt "no token: $path" "$(get "$url/$path")" secret
done
is 'challenge' "$(header www-authenticate "$record")" 'Bearer realm="headway"'
for token in first-token second-token; do is "$token" "$(code_of -H "Authorization: Bearer $token" "$record")" 200; done
for token in first-toke first-tokenx '' '# comment' "$(printf 'a%.0s' $(seq 1 600))"; do
	is "wrong token '$token'" "$(code_of -H "Authorization: Bearer $token" "$record")" 401
done
is 'basic' "$(code_of -H "Authorization: Basic $(printf first-token: | base64)" "$record")" 401
is 'healthz is open' "$(code_of "$url/healthz")" 200
is 'the page is open' "$(code_of "$url/")" 200
stop
chmod 604 "$dir/tokens"
JOURNAL_STREAM=1:2 serve --token-file "$dir/tokens"
has 'a token file that all may read, with its weight for the journal' "$(cat "$log")" "^<4>headway-httpd: .*$dir/tokens"
stop
"$httpd" --token-file "$dir/none" 2>"$dir/err"
is 'no such file' $? 1
has 'no such file' "$(cat "$dir/err")" "$dir/none"
: >"$dir/empty"
"$httpd" --token-file "$dir/empty" 2>"$dir/err"
is 'no token in it' $? 1
echo 'one two' >"$dir/empty"
"$httpd" --token-file "$dir/empty" 2>"$dir/err"
is 'a blank in a token' $? 1
has 'a blank in a token' "$(cat "$dir/err")" 'blank'
finish
