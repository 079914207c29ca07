#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# TLS, and the rights of the example configuration: a relay writes its own host's keys, and no other's.
# shellcheck source=tests/fleet/lib.sh
. "$(dirname "$0")/lib.sh"
command -v openssl >/dev/null || { echo 'no openssl here'; exit 77; }

# ---- an authority, a server's certificate, and one for another name ------------------------------------------
(
	cd "$dir" || exit
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=test authority' \
		-addext keyUsage=critical,keyCertSign,cRLSign \
		-keyout ca.key -out ca.pem
	for name in 127.0.0.1 192.0.2.1; do
		openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" -keyout "$name.key" -out "$name.csr"
		openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out "$name.pem" \
			-extfile <(echo "subjectAltName=IP:$name")
	done
) >"$dir/openssl" 2>&1 || fail "$(cat "$dir/openssl")"

# The example with TLS, but with the address and folder that the test's server is told of.
example=$(dirname "$0")/../../fleet/relay/nats.conf
configure() { # CERTIFICATE
	{
		grep -v '^listen:\|store_dir:' "$example"
		echo "tls { cert_file: \"$dir/$1.pem\", key_file: \"$dir/$1.key\" }"
	} >"$dir/nats.conf"
}
configure 127.0.0.1
nats_start a -c "$dir/nats.conf"
port=${nats_port[a]}
at() { echo "tls://$1:$1-example@127.0.0.1:$port"; }
host web1
host web2
tls=(--tls-ca "$dir/ca.pem")

# ---- the bucket is made by who may; then each relay does with its own rights ----------------------------------
text=$(as web1 timeout 4 "$relay" --nats "$(at web1)" --host web1 "${tls[@]}" --age 60m 2>&1)
has 'who may not make the bucket hears so' "$text" 'Permissions Violation.*STREAM.CREATE.KV_headway'
hasnt 'passwords are not logged' "$text" 'example'
nats_url=$(at admin) relay_start web1 "${tls[@]}"
within relay_is_writing web1
end "${relay_pid[web1]}"
nats_url=$(at web1) relay_start web1 "${tls[@]}"
nats_url=$(at web2) relay_start web2 "${tls[@]}"
within relay_is_writing web1
within relay_is_writing web2
as web1 "$headway" start --name one >/dev/null
gone=$(as web2 "$headway" start --name two)
as web2 "$headway" start --name three >/dev/null
serve --nats "$(at reader)" "${tls[@]}"
within answers 200 "$url/readyz"
within union_is_own web1 web2
as web2 "$headway" finish "$gone"
as web2 "$headway" rm "$gone" >/dev/null
within union_is_own web1 web2

# ---- another host's keys are refused ---------------------------------------------------------------------------
end "${relay_pid[web2]}"
nats_url=$(at web1) relay_start web2 "${tls[@]}"
within says 'Permissions Violation' "${relay_log[web2]}"
relay_is_writing web2 && fail 'web1 wrote as web2'
end "${relay_pid[web2]}"
id=00000000-0000-8000-8000-000000000001
cat >"$dir/write.py" <<'P'
import socket, ssl, sys
port, authority, key = sys.argv[1:]
s = socket.create_connection(("127.0.0.1", int(port)), 20)
s.recv(4096)  # INFO, before TLS begins
s = ssl.create_default_context(cafile=authority).wrap_socket(s, server_hostname="127.0.0.1")
s.sendall(b'CONNECT {"verbose":false,"pedantic":false,"user":"web1","pass":"web1-example","tls_required":true}\r\n'
          b"PUB $KV.headway.%s 1\r\nx\r\nPING\r\n" % key.encode())
told = b""
while b"PONG" not in told:
    told += s.recv(4096)
print(told.decode())
P
for key in web2 "web2.$id" "web1.x.$id" other; do
	has "$key" "$("$python" "$dir/write.py" "$port" "$dir/ca.pem" "$key" 2>&1)" 'Permissions Violation for Publish'
done
hasnt 'and its own is written' "$("$python" "$dir/write.py" "$port" "$dir/ca.pem" "web1.$id" 2>&1)" 'Violation|Error'
hasnt 'nothing of it is there' "$(get "$url/_/status/")" "$id"

# ---- who is not trusted --------------------------------------------------------------------------------------------
told() { timeout 3 "$@" 2>&1; }
has 'no authority' "$(told "$httpd" --listen 127.0.0.1:0 --nats "$(at reader)")" 'certificate|SSL|TLS'
has 'a wrong password' "$(told "$httpd" --listen 127.0.0.1:0 --nats "tls://reader:guess@127.0.0.1:$port" "${tls[@]}")" 'uthorization'
end "${nats_pid[a]}"
configure 192.0.2.1
nats_start a -c "$dir/nats.conf"
has "another server's certificate" "$(told "$httpd" --listen 127.0.0.1:0 --nats "$(at reader)" "${tls[@]}")" 'certificate|mismatch|SSL|TLS'
finish
