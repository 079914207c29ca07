# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# Sourced by the tests of headway-httpd: an arena, servers, clients, and what is expected of them.
# Frequent operations are written in bash, since starting a program takes longer than most answers.
set -u
BIN=${BIN:?the folder of the programs}
headway=${HEADWAY:-$BIN/headway}
httpd=$BIN/headway-httpd
[ -x "$headway" ] || { echo "no $headway here"; exit 77; }
[ -x "$httpd" ] || { echo "no $httpd here"; exit 77; }
python=/usr/bin/python3 # not a version manager's wrapper, which takes a second to start
[ -x "$python" ] || python=$(command -v python3)
dir=$(mktemp -d) || exit 1
exec {silence}<> <(:) # nothing is ever written to it
export HEADWAY_ARENA=/headway-http-test-$$ XDG_STATE_HOME=$dir LC_ALL=C.UTF-8
unset LANGUAGE NOTIFY_SOCKET LISTEN_FDS LISTEN_PID WATCHDOG_USEC
failures=0
pids=()

clean_up() {
	local pid
	for pid in "${pids[@]}"; do
		disown "$pid" 2>/dev/null # so that bash does not report its end
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$dir" "/dev/shm$HEADWAY_ARENA"
}
trap clean_up EXIT
trap : PIPE # a server that closes first must not end the test

fail() { echo "FAIL line ${BASH_LINENO[1]}: $*"; failures=$((failures + 1)); }
finish() {
	[ "$failures" -eq 0 ] || { echo "$failures failures"; for l in "$dir"/log*; do echo "-- $l"; tail -n 30 "$l"; done; exit 1; }
	exit 0
}

# is WHAT GOT WANTED; has WHAT TEXT PATTERN (an extended regular expression); hasnt
is() { [ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"; }
has() { a_line "$3" <<<"$2" || fail "$1: no '$3' in: $2"; }
hasnt() { ! a_line "$3" <<<"$2" || fail "$1: '$3' is in: $2"; }
# a_line PATTERN: true if a line of standard input matches; says PATTERN FILE: the same for a file
a_line() {
	local line
	mapfile -t
	for line in "${MAPFILE[@]}"; do [[ $line =~ $1 ]] && return 0; done
	return 1
}
says() { a_line "$1" 2>/dev/null <"$2"; }

pause() { read -rt "$1" -u "$silence"; }
# within COMMAND…: waits until it succeeds, a minute at most, long enough for a loaded machine
within() {
	local end=$((SECONDS + 60))
	while [ $SECONDS -lt $end ]; do "$@" && return 0; pause 0.05; done
	fail "never came true: $*"
	return 1
}

# serve [OPTION]…: a server on a free port; sets pid, url, log
servers=0
serve() {
	servers=$((servers + 1))
	log=$dir/log$servers
	: >"$log"
	"$httpd" --listen 127.0.0.1:0 "$@" 2>"$log" &
	pid=$!
	pids+=("$pid")
	within says 'listening on http://127.*/$' "$log" || { cat "$log"; exit 1; }
	[[ $(<"$log") =~ listening\ on\ (http://127[0-9.:]*)/ ]] && url=${BASH_REMATCH[1]}
}

# stop [SIGNAL]: ends the server; sets code
stop() {
	kill -"${1:-TERM}" "$pid"
	wait "$pid"
	code=$?
}

get() { curl -s --max-time 60 "$@"; }
# request [-X METHOD] [-H HEADER]… [--data TEXT] [--request-target TARGET] URL: makes a request on a
# connection of its own; sets status, and fields, the header's lines by their names in lower case.
# request_all sets body, too; it is read byte by byte, so it should be short.
declare -A fields
request_all() { request --body yes "$@"; }
request() {
	local method=GET target='' host='' sent=() line to data='' with_body=''
	while [ $# -gt 1 ]; do
		case $1 in
		-X) method=$2 ;;
		-H) sent+=("$2") ;;
		--request-target) target=$2 ;;
		--data) data=$2 sent+=("Content-Length: ${#2}") ;;
		--body) with_body=$2 ;;
		*) fail "request: '$1'"; return ;;
		esac
		shift 2
	done
	[[ $1 =~ ^http://([0-9.]+):([0-9]+)(/.*|)$ ]] || { fail "request: '$1'"; return; }
	host=${BASH_REMATCH[1]} target=${target:-${BASH_REMATCH[3]:-/}}
	[[ ${sent[*]} == *Host:* ]] || sent+=("Host: $host:${BASH_REMATCH[2]}")
	[ "${sent[*]}" != Host: ] || sent=() # an empty Host means: send none
	status=000 fields=() body=''
	{ exec {to}<>"/dev/tcp/$host/${BASH_REMATCH[2]}"; } 2>/dev/null || return
	{
		printf '%s\r\n' "$method $target HTTP/1.1" "${sent[@]}" 'Connection: close' ''
		printf %s "$data"
	} 1>&"$to" 2>/dev/null
	while IFS= read -rt 60 -u "$to" line && line=${line%$'\r'} && [ -n "$line" ]; do
		if [[ $line =~ ^HTTP/1\.1\ ([0-9]{3})\  ]]; then status=${BASH_REMATCH[1]}
		elif [[ $line =~ ^([^:]+):\ *(.*) ]]; then fields[${BASH_REMATCH[1],,}]=${BASH_REMATCH[2]}
		fi
	done 2>/dev/null
	[ -z "$with_body" ] || IFS= read -rt 60 -d '' -u "$to" body
	exec {to}>&-
}
code_of() { request "$@"; echo "$status"; }
header() { request "${@:2}"; echo "${fields[$1]:-}"; } # NAME, in lower case, and the request
answers() { request "${@:2}"; [ "$status" = "$1" ]; } # CODE, and the request
# metric NAME: sets value to that of the server's metric
metric() {
	request_all "$url/metrics"
	[[ $body =~ $'\n'"headway_httpd_$1 "([0-9]+) ]] && value=${BASH_REMATCH[1]}
}
# fresh: requests a list that is not older than the request
fresh() { get -H 'Cache-Control: no-cache' "$@"; }

# many COUNT PREFIX: starts COUNT detached records in one process
many() {
	"$python" - "$BIN/libheadway.so" "$@" <<-'P'
		import ctypes, sys
		lib = ctypes.CDLL(sys.argv[1])
		class Spec(ctypes.Structure):
		    _fields_ = [("size", ctypes.c_size_t), ("flags", ctypes.c_uint), ("name", ctypes.c_char_p),
		                ("unit", ctypes.c_char_p), ("parent", ctypes.c_void_p), ("total", ctypes.c_uint64),
		                ("counters", ctypes.c_void_p), ("ttl", ctypes.c_uint32), ("owner", ctypes.c_uint32)]
		arena, record = ctypes.c_void_p(), ctypes.c_void_p()
		assert lib.headway_open(None, None, ctypes.byref(arena)) == 0
		for i in range(int(sys.argv[2])):
		    spec = Spec(ctypes.sizeof(Spec), 1, f"{sys.argv[3]}-{i}".encode(), b"", None, 100, None, 0, 0)
		    assert lib.headway_start(arena, ctypes.byref(spec), ctypes.byref(record)) == 0
		    lib.headway_release(record)
		lib.headway_close(arena)
	P
}
