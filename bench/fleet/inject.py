#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What the relays of many hosts would write, from one program.

    inject.py nats PORT HOSTS RECORDS [SECONDS RATE]   a heartbeat and RECORDS records of each host; then for SECONDS,
                                                  RATE heartbeats a second of the hosts in turn
    inject.py redis SOCKET HOSTS RECORDS          the same records as fields of a hash for each host

Standard input: the full view and the status view of a record, a line each.
"""
import json
import socket
import sys
import time


def identifier(host, record):
    return f"{host:08x}-{record:04x}-8000-8000-{host * 65536 + record:012x}"


class Values:
    def __init__(self, lines):
        self.lines, self.id = lines, json.loads(lines.splitlines()[0])["id"]

    def record(self, host, record):
        return self.lines.replace(self.id, identifier(host, record)).encode()


def heartbeat(host, records):
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return json.dumps({"host": f"host{host}", "arena": None, "boot_id": identifier(host, 0), "time": now,
                       "period_seconds": 10.0, "records": records, "run": "0" * 16, "pid": 1, "pid_namespace": 1,
                       "stopped": False, "version": "0"}, separators=(",", ":")).encode() + b"\n"


def publish(key, value):
    return b"PUB $KV.headway.%s %d\r\n%s\r\n" % (key.encode(), len(value), value)


def flush(connection, chunks):
    connection.sendall(b"".join(chunks))
    chunks.clear()


def pong(connection):
    connection.sendall(b"PING\r\n")
    text = b""
    while b"PONG" not in text:
        text = text[-8:] + connection.recv(65536)


def nats(port, hosts, records, values, seconds, rate):
    connection = socket.create_connection(("127.0.0.1", port))
    connection.recv(65536)
    connection.sendall(b'CONNECT {"verbose":false}\r\n')
    chunks = []
    for host in range(hosts):
        chunks.append(publish(f"host{host}", heartbeat(host, records)))
        chunks += [publish(f"host{host}.{identifier(host, r)}", values.record(host, r)) for r in range(records)]
        flush(connection, chunks)
    pong(connection)
    print("written", flush=True)
    begin, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        for _ in range(int(passed * rate) - sent):
            chunks.append(publish(f"host{sent % hosts}", heartbeat(sent % hosts, records)))
            sent += 1
        flush(connection, chunks)
        time.sleep(0.005)
    pong(connection)
    print(sent)


def redis(path, hosts, records, values):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    for host in range(hosts):
        parts = [b"*%d\r\n" % (2 + 2 * records)]
        for text in [b"HSET", b"headway:host%d" % host] + [
                part for r in range(records) for part in (identifier(host, r).encode(), values.record(host, r))]:
            parts.append(b"$%d\r\n%s\r\n" % (len(text), text))
        connection.sendall(b"".join(parts))
        if not connection.recv(64).startswith(b":"):
            sys.exit("inject: Redis refused")


def main():
    what, where, hosts, records = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    values = Values(sys.stdin.read())
    if what == "redis":
        redis(where, hosts, records, values)
    else:
        seconds, rate = (float(a) for a in (sys.argv[5:7] or ("0", "0")))
        nats(int(where), hosts, records, values, seconds, rate)


main()
