#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Connections by address: in a network of its own, where this machine has another address than
# loopback.
if [ -z "${INSIDE:-}" ]; then
	for way in 'unshare -n' 'unshare -rn' 'sudo -n unshare -n'; do
		# shellcheck disable=SC2086
		$way ip link set lo up 2>/dev/null && exec $way env INSIDE=1 "BIN=$BIN" "$0"
	done
	echo 'no network namespace may be made here, nor is there sudo without a password'
	exit 77
fi
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "$python" ] || { echo 'no python3 here'; exit 77; }
ip link set lo up && ip addr add 10.9.8.7/32 dev lo || { echo 'no addresses to be had'; exit 77; }
"$headway" init >/dev/null
serve --listen 10.9.8.7:0 --max-per-address 3
other=$(sed -n 's|.*listening on \(http://10.*\)/$|\1|p' "$log")
cat >"$dir/hold.py" <<'P'
import socket, sys
# prints how many of several simultaneous connections are answered
socks = []
for i in range(int(sys.argv[3])):
    s = socket.create_connection((sys.argv[1], int(sys.argv[2]))); s.settimeout(5); socks.append(s)
answered = 0
for s in socks:
    try:
        s.sendall(f"GET /healthz HTTP/1.1\r\nHost: {sys.argv[1]}\r\n\r\n".encode())
        answered += s.recv(100).startswith(b"HTTP/1.1 200")
    except OSError:
        pass
print(answered)
P
is 'another address' "$("$python" "$dir/hold.py" 10.9.8.7 "${other##*:}" 10)" 3
is 'loopback is not counted' "$("$python" "$dir/hold.py" 127.0.0.1 "${url##*:}" 10)" 10
served() { [ "$(code_of "$other/healthz")" = 200 ]; }
within served # connections that were closed no longer count
stop

# an IPv6 client is counted by its 64-bit network, whatever its address there
if ip -6 addr add fd00:1::1/128 dev lo 2>/dev/null; then
	for i in 1::2 1::3 1::4 1::5 1::6 2::2; do ip -6 addr add "fd00:$i/128" dev lo; done
	cat >"$dir/hold6.py" <<'P'
import socket, sys
socks, answered = [], []
for source in ("fd00:1::2", "fd00:1::3", "fd00:1::4", "fd00:1::5", "fd00:1::6", "fd00:2::2"):
    s = socket.socket(socket.AF_INET6); s.settimeout(5); s.bind((source, 0)); socks.append(s)
    try:
        s.connect(("fd00:1::1", int(sys.argv[1])))
        s.sendall(b"GET /healthz HTTP/1.1\r\nHost: [fd00:1::1]\r\n\r\n")
        answered.append("yes" if s.recv(100).startswith(b"HTTP/1.1 200") else "no")
    except OSError:
        answered.append("no")
print(*answered)
P
	serve --listen '[fd00:1::1]:0' --max-per-address 3
	port=$(sed -n 's|.*listening on http://\[fd00.*\]:\([0-9]*\)/$|\1|p' "$log")
	is 'addresses of one network' "$("$python" "$dir/hold6.py" "$port")" 'yes yes yes no no yes'
	stop
fi

# the host of a listening address is accepted, others are not
serve --listen 10.9.8.7:0
other=$(sed -n 's|.*listening on \(http://10.*\)/$|\1|p' "$log")
is 'own address' "$(code_of "$other/healthz")" 200
is 'another name' "$(code_of -H 'Host: 10.9.8.8' "$other/healthz")" 421
stop
finish
