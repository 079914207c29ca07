#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The service manager's protocol, with a service manager of twenty lines.
# shellcheck source=tests/http/lib.sh
. "$(dirname "$0")/lib.sh"
[ -n "$python" ] || { echo 'no python3 here'; exit 77; }
"$headway" init >/dev/null
cat >"$dir/manager.py" <<'P'
import os, signal, socket, sys, time, urllib.request
httpd, folder = sys.argv[1:3]
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
name = sys.argv[3]
notify.bind("\0" + name[1:] if name.startswith("@") else name)
notify.settimeout(15)
listening = socket.socket(); listening.bind(("127.0.0.1", 0)); listening.listen(8)
port = listening.getsockname()[1]
unix = socket.socket(socket.AF_UNIX); unix.bind(folder + "/activated" + str(os.getpid())); unix.listen(8)
def child():
    a, b = os.dup(listening.fileno()), os.dup(unix.fileno())
    os.dup2(a, 3); os.dup2(b, 4)
    for fd in (3, 4): os.set_inheritable(fd, True)
    os.environ.update(LISTEN_FDS="2", LISTEN_PID=str(os.getpid()), NOTIFY_SOCKET=name,
                      WATCHDOG_USEC="600000", WATCHDOG_PID=str(os.getpid()))
pid = os.fork()
if pid == 0:
    child()
    os.execv(httpd, [httpd])
def expect(word, seconds=15):
    end = time.time() + seconds
    while time.time() < end:
        message = notify.recv(4096).decode()
        if message == word: return
        assert message in ("READY=1", "WATCHDOG=1", "STOPPING=1"), message
    raise SystemExit("no " + word)
expect("READY=1")
assert urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").read() == b"ok\n"
client = socket.socket(socket.AF_UNIX); client.connect(unix.getsockname())
client.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
assert client.recv(100).startswith(b"HTTP/1."), "unix"
for i in range(4): expect("WATCHDOG=1")
os.kill(pid, signal.SIGTERM)
expect("STOPPING=1")
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
# sockets that systemd passed are not removed by the server
assert os.path.exists(unix.getsockname())
P
"$python" "$dir/manager.py" "$httpd" "$dir" "$dir/notify" || fail 'with a path'
"$python" "$dir/manager.py" "$httpd" "$dir" "@headway-http-test-$$" || fail 'with an abstract name'

# sockets that were passed to another process are ignored
LISTEN_FDS=1 LISTEN_PID=1 serve
is 'not for us' "$(get "$url/healthz")" ok
stop

units=$(cd "$(dirname "$0")/../../httpd" && pwd)
if command -v systemd-analyze >/dev/null; then
	text=$(systemd-analyze verify "$units/headway-httpd.service" "$units/headway-httpd.socket" 2>&1 |
		grep 'headway-httpd\.' | grep -v 'not executable\|man')
	is 'units' "$text" ''
fi
finish
