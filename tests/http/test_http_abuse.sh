#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Misbehaving clients: other clients are still served.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "$python" ] || { echo 'no python3 here'; exit 77; }
"$headway" init >/dev/null
id=$("$headway" start --name job)
many 2000 'a name that makes the list long'
serve --timeout 20 --max-connections 3000 --max-held 4 --period 20
port=${url##*:}
descriptors() { set -- "/proc/$pid/fd/"*; echo $#; }
memory() { awk '/^RssAnon/ { print $2 }' "/proc/$pid/status"; }
get "$url/_/status/" >/dev/null
idle=$(descriptors) kib=$(memory)
served() {
	kill -0 "$pid" 2>/dev/null || { fail "$1: the server is dead"; finish; }
	local code took said # seconds, for the record and for the list
	said=$(curl -s --max-time 5 -H 'Connection: close' -w '%{http_code} %{time_total} ' \
		-o /dev/null "$url/_/status/$id" -o /dev/null "$url/_/status/")
	read -r code took said <<<"$said"
	is "$1: others are served" "$code" 200
	echo "$took $1" >>"$dir/took"
	is "$1: and the list" "${said% *}" 200
}
cat >"$dir/abuse.py" <<'P'
import os, random, socket, sys, time
port, what = int(sys.argv[1]), sys.argv[2]
def connect():
    s = socket.create_connection(("127.0.0.1", port)); s.settimeout(10); return s
def ask(data):
    s = connect()
    try:
        s.sendall(data)
        return s.recv(200)
    except OSError:
        return b""
def status(reply):
    return reply[9:12].decode() if reply.startswith(b"HTTP/1.1 ") else "closed"
if what == "garbage":
    random.seed(1)
    for i in range(200):
        data = bytes(random.randrange(256) for _ in range(random.randrange(1, 400))) + b"\r\n\r\n"
        s = connect(); s.sendall(data); s.close()
elif what == "headers":
    print(status(ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200000 + b"\r\n\r\n")),
          status(ask(b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")),
          status(ask(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 20000 + b"\r\n")))
elif what == "bodies":
    print(status(ask(b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\nxx")),
          status(ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nxx")),
          status(ask(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\nxx")))
elif what == "methods":
    print(*[status(ask(m + b" /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            for m in (b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH", b"BREW")])
elif what == "paths":
    for p in (b"/_/status/../../etc/passwd", b"/_/status/%2e%2e/%2e%2e/etc/passwd", b"//_/status/", b"/_/status//",
              b"/_//status/", b"/./_/status/", b"/%", b"/%zz", b"/_/status/%ff%fe", b"/?%00", b"/..", b"/_/status/\\x"):
        print(status(ask(b"GET " + p + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")), end=" ")
elif what == "slow-headers":
    socks = [connect() for _ in range(200)]
    end = time.time() + float(sys.argv[3])
    print("up", flush=True)
    dead = set()
    while time.time() < end and len(dead) < len(socks):
        for i, s in enumerate(socks):
            try:
                s.send(b"G")
            except OSError:
                dead.add(i)
        time.sleep(0.2)
    print("cut", len(dead), flush=True)
elif what == "slow-readers":
    socks = []
    for i in range(60):
        s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048); s.connect(("127.0.0.1", port))
        s.sendall(b"GET /_/status/ HTTP/1.1\r\nHost: localhost\r\n\r\n"); socks.append(s)
        time.sleep(0.03)
    print("up", flush=True); time.sleep(float(sys.argv[3]))
elif what == "many":
    socks = []
    for i in range(int(sys.argv[3])):
        try:
            socks.append(connect())
        except OSError:
            break
    print("up", len(socks), flush=True); sys.stdin.readline()
elif what == "half-closed":
    s = connect(); s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"); s.shutdown(socket.SHUT_WR)
    data = b""
    try:
        while b"\r\n\r\nok" not in data and (got := s.recv(65536)):
            data += got # not to the end of the connection, which may be kept alive
    except ConnectionError:
        pass
    except OSError:
        data = b"HTTP/1.1 hangs"
    print(status(data))
elif what == "pipeline":
    s = connect(); s.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    data = b""
    while data.count(b"HTTP/1.1 200") < 50:
        got = s.recv(65536)
        if not got: break
        data += got
    print(data.count(b"HTTP/1.1 200"))
P
abuse() { "$python" "$dir/abuse.py" "$port" "$@"; }

abuse garbage
served garbage
is 'huge headers' "$(abuse headers)" '431 414 431'
served 'huge headers'
is 'bodies' "$(abuse bodies)" '405 413 400'
is 'methods' "$(abuse methods)" '200 204 405 405 405 405'
hasnt 'paths' "$(abuse paths)" '200|500'
is 'pipelined requests' "$(abuse pipeline)" 50

# libmicrohttpd answers a half-closed socket or closes it, depending on timing
has 'a half-closed socket' "$(abuse half-closed)" '^(200|closed)$'

end() { # PID…
	disown "$@"
	kill -KILL "$@" 2>/dev/null
}
# clients that follow and are then stopped
stopped=()
for _ in 1 2 3 4 5; do
	curl -sN --max-time 60 "$url/_/events" >"$dir/stopped" 2>/dev/null &
	stopped+=($!)
	pids+=($!)
done
within says event: "$dir/stopped"
kill -STOP "${stopped[@]}"
for n in 1 2 3; do "$headway" add "$id" "$n"; done
served 'stopped clients'
end "${stopped[@]}"

# slow headers, slow bodies and slow reading, by slowhttptest
if command -v slowhttptest >/dev/null; then
	slow=()
	for how in -H -B -X; do
		slowhttptest "$how" -c 300 -i 1 -r 300 -l 30 -p 2 -u "$url/_/status/" >"$dir/slowhttptest$how" 2>&1 &
		slow+=($!)
		pids+=($!)
	done
	many_open() { metric connections && [ "$value" -gt 300 ]; }
	within many_open
	for _ in 1 2 3; do served 'slowhttptest'; done
	end "${slow[@]}"
fi

# the list, requested with a header so long that libmicrohttpd has hardly any memory left
is 'list with a long header' "$(get -o "$dir/list" -w '%{http_code}' -H "X: $(head -c 14000 /dev/zero | tr '\0' x)" "$url/_/status/")" 200
served 'long header'

# lists that nobody reads: the number of versions of the list that are kept for them is bounded
(while kill -0 $$ 2>/dev/null; do "$headway" add "$id" 1; pause 0.02; done) &
pids+=($!)
writer=$!
# started directly, not by a shell, so that it can be killed
"$python" "$dir/abuse.py" "$port" slow-readers 30 >"$dir/readers" &
readers=$!
within says up "$dir/readers"
served 'slow readers'
few_held() { metric lists_held && [ "$value" -lt 30 ]; }
within few_held
metric lists_held && [ "$value" -gt 0 ] || fail 'no list is held: nothing was tried'
within says 'cut off .* slow readers' "$log"
kill "$readers" "$writer"

# ten thousand idle connections, with a limit of three thousand
if [ "$(ulimit -Hn)" -ge 12000 ]; then
	ulimit -n "$(ulimit -Hn)"
	mkfifo "$dir/hold"
	abuse many 10000 <"$dir/hold" >"$dir/many" &
	many=$!
	exec 9>"$dir/hold"
	for _ in 1 2 3; do served 'many connections'; done
	for ((i = 0; i < 100; i++)); do says up "$dir/many" && break; pause 0.2; done
	served 'ten thousand connections'
	exec 9>&-
	wait $many
fi
is 'alive' "$(get "$url/healthz")" ok
# their descriptors are closed again
few() { [ "$(descriptors)" -le $((idle + 1)) ]; }
within few
# malloc keeps some memory, but far less than 13,000 connections need
[ "$(memory)" -le $((kib + 40960)) ] || fail "memory: $kib KiB before, $(memory) after"
echo "NOTE abuse: slowest answer meanwhile, in seconds, and amid what: $(sort -rn "$dir/took" | head -n 1); memory $kib KiB before, $(memory) after"
stop
is 'exit code' "$code" 0

# headers sent byte by byte: the connection is closed although bytes keep arriving
serve --timeout 1
port=${url##*:}
abuse slow-headers 30 >"$dir/slow" &
sender=$!
within says up "$dir/slow"
served 'slow headers'
wait $sender
is 'slow headers are cut off' "$(tail -n 1 "$dir/slow")" 'cut 200'
stop
finish
