#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# headway run and pipe tell the service manager, byte for byte as sd_notify(3) has it.
# shellcheck source=tests/cli/lib.sh
. "${0%/*}/lib.sh"
need python3
headway init --slots 64 --bytes 2M >/dev/null

# Writes what comes, a datagram a line, with | for newlines.
listen() { # ADDRESS
	python3 -u - "$1" >"$folder/told" <<'PYTHON' &
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1].replace("@", "\0"))
print("ready")
while True:
    print(s.recv(4096).decode().replace("\n", "|"))
PYTHON
	listener=$!
	eventually 'somebody listens' grep -q ready "$folder/told"
}
told() { sed 1d "$folder/told"; }

listen "$folder/notify"
export NOTIFY_SOCKET=$folder/notify
# shellcheck disable=SC2016
headway run --name $'jo\nb' --total 10 --unit files sh -c '"$0" set "$HEADWAY_PARENT" 5; sleep 2.5' "$BIN/headway"
eventually 'run: half of it' grep -qE '^STATUS=jo b: 50%  5/10 files, [0-9]+s left(\|EXTEND_TIMEOUT_USEC=60000000)?$' "$folder/told"
is 'run: the limit is put off when done moves, and only then' 1 "$(told | grep -c EXTEND_TIMEOUT_USEC=60000000$)"
is 'run: nothing else' '' "$(told | grep -vE '^STATUS=jo b: [^|]*(\|EXTEND_TIMEOUT_USEC=60000000)?$')"
is 'run: about once a second' 1 $(($(told | wc -l) <= 4))
kill "$listener"
listen "@headway-test-$$"
export NOTIFY_SOCKET=@headway-test-$$
{ printf 12345; sleep 1.5; printf 67890; } | headway pipe --name copy --total 10 >/dev/null
eventually 'pipe: an abstract address' grep -qE '^STATUS=copy: 50%  5 B/10 B, .*left' "$folder/told"
kill "$listener"
for address in "$folder/nobody" relative "@$(printf 'x%.0s' {1..200})" / ''; do
	ok "nobody listens at '$address'" env "NOTIFY_SOCKET=$address" "$BIN/headway" run true
	is "nothing is said of '$address'" '' "$err"
done
finish
