#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Addresses, Unix sockets, start-up errors and termination.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
"$headway" init >/dev/null

# the default is loopback only: every listening address is 127.0.0.1 or ::1
serve --listen '[::1]:0'
is 'one line a listener' "$(grep -c 'listening on' "$log")" 2
url6=$(sed -n 's|.*listening on \(http://\[::1\].*\)/$|\1|p' "$log")
is 'IPv6' "$(get -g "$url6/healthz")" ok
is 'IPv4' "$(get "$url/healthz")" ok
is 'nothing but loopback' "$(ss -Hltnp 2>/dev/null | grep "pid=$pid," | awk '{print $4}' |
	grep -vE '^(127\.0\.0\.1|\[::1\]):' | wc -l)" 0
stop

# Unix sockets: permissions; a stale one is replaced, one in use is not; it is removed at the end
start_unix() {
	log=$dir/log-unix
	: >"$log" # else the line of the server before may be seen
	"$httpd" --listen "unix:$dir/sock" "$@" 2>"$log" &
	pid=$!
	pids+=("$pid")
	within says 'listening on' "$log"
}
start_unix
is 'unix' "$(get --unix-socket "$dir/sock" http://any.host/healthz)" ok
is 'mode' "$(stat -c %a "$dir/sock")" 660
has 'a used socket' "$("$httpd" --listen "unix:$dir/sock" 2>&1)" 'another program listens'
is 'and is still used' "$(get --unix-socket "$dir/sock" http://x/healthz)" ok
kill -KILL "$pid"
wait "$pid" 2>/dev/null
[ -S "$dir/sock" ] || fail 'a killed server leaves its socket'
start_unix --socket-mode 0600
is 'stale one replaced' "$(get --unix-socket "$dir/sock" http://x/healthz)" ok
is 'other mode' "$(stat -c %a "$dir/sock")" 600
stop
is 'exit code' "$code" 0
[ ! -e "$dir/sock" ] || fail 'the socket is still there'
echo precious >"$dir/file"
has 'a file in the way' "$("$httpd" --listen "unix:$dir/file" 2>&1)" 'not a socket'
is 'is left alone' "$(cat "$dir/file")" precious

# usage errors: exit code 2, one line that names the wrong option
usage() { # OPTION… -- PATTERN
	local args=() text
	while [ "$1" != -- ]; do args+=("$1"); shift; done
	text=$(timeout 5 "$httpd" "${args[@]}" 2>&1 </dev/null)
	is "exit code of ${args[*]}" $? 2
	is "lines of ${args[*]}" "$(wc -l <<<"$text")" 1
	has "${args[*]}" "$text" "$2"
}
usage --listen 8080 -- "'8080'"
usage --listen :8080 -- "':8080'"
usage --listen ::1:80 -- "'::1:80'"
usage --listen 127.0.0.1:99999 -- 99999
usage --base-path status -- "'status'"
usage --threads 0 -- "--threads: '0'"
usage --period x -- "--period: 'x'"
usage --socket-mode 9 -- "'9'"
usage --colour -- --colour
usage --listen -- 'missing'
usage extra -- extra
"$httpd" --help | grep -q -- --max-connections || fail '--help does not list options'
is '--help' "$("$httpd" --help | head -n 1)" 'Usage: headway-httpd [OPTION]...'
has '--version' "$("$httpd" --version)" '^headway-httpd [0-9]+\.[0-9]+\.[0-9]+$'

# a port in use: exit code 1
serve
text=$("$httpd" --listen "${url#http://}" 2>&1)
is 'taken port' $? 1
has 'taken port' "$text" 'in use'
stop
finish
