# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034
# Sourced by the tests of headway-httpd: an arena, servers, clients, and what is expected of them.
set -u
BIN=${BIN:?the folder of the programs}
headway=${HEADWAY:-$BIN/headway}
httpd=$BIN/headway-httpd
[ -x "$headway" ] || { echo "no $headway here"; exit 77; }
[ -x "$httpd" ] || { echo "no $httpd here"; exit 77; }
dir=$(mktemp -d) || exit 1
export HEADWAY_ARENA=/headway-http-test-$$
unset NOTIFY_SOCKET LISTEN_FDS LISTEN_PID WATCHDOG_USEC
failures=0
pids=()

clean_up() {
	local pid
	for pid in "${pids[@]}"; do
		disown "$pid" 2>/dev/null # or bash would tell of its end
		kill -KILL "$pid" 2>/dev/null
	done
	rm -rf "$dir" "/dev/shm$HEADWAY_ARENA"
}
trap clean_up EXIT

fail() { echo "FAIL line ${BASH_LINENO[1]}: $*"; failures=$((failures + 1)); }
finish() {
	[ "$failures" -eq 0 ] || { echo "$failures failures"; for l in "$dir"/log*; do echo "-- $l"; tail -n 30 "$l"; done; exit 1; }
	exit 0
}

# is WHAT GOT WANTED; has WHAT TEXT PATTERN (an extended regular expression); hasnt
is() { [ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"; }
has() { grep -qE -- "$3" <<<"$2" || fail "$1: no '$3' in: $2"; }
hasnt() { ! grep -qE -- "$3" <<<"$2" || fail "$1: '$3' is in: $2"; }

# until COMMAND…: true within ten seconds
within() {
	local i
	for ((i = 0; i < 200; i++)); do "$@" && return 0; sleep 0.05; done
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
	within grep -q 'listening on' "$log" || { cat "$log"; exit 1; }
	url=$(sed -n 's|.*listening on \(http://127.*\)/$|\1|p' "$log" | head -n 1)
}

# stop [SIGNAL]: end the server; sets code
stop() {
	kill -"${1:-TERM}" "$pid"
	wait "$pid"
	code=$?
}

get() { curl -s --max-time 20 "$@"; }
code_of() { curl -s --max-time 20 -o /dev/null -w '%{http_code}' "$@"; }
# header NAME CURL-ARGUMENT…
header() {
	local name=$1
	shift
	curl -s --max-time 20 -o /dev/null -D - "$@" | tr -d '\r' | sed -n "s/^$name: //ip" | head -n 1
}
# fresh: a list that shows what was done before it was asked for
fresh() { get -H 'Cache-Control: no-cache' "$@"; }

# many COUNT PREFIX: so many detached records, made by one process
many() {
	python3 - "$BIN/libheadway.so" "$@" <<-'P'
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
