#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""stale.py PORT SECONDS: follows the events of a headway-httpd and prints the ages, in ms, at which changes of
`fleet change` arrive: how many, the median, the 99th percentile."""
import re
import socket
import sys
import time

port, seconds = int(sys.argv[1]), float(sys.argv[2])
connection = socket.create_connection(("127.0.0.1", port))
connection.sendall(b"GET /_/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n")
connection.settimeout(0.5)
LEAD_S = 2  # the first events tell of the states before
begin = time.monotonic()
ages, rest, end = [], b"", begin + LEAD_S + seconds
while time.monotonic() < end:
    try:
        rest += connection.recv(1 << 20)
    except TimeoutError:
        continue
    now = time.monotonic_ns()
    is_early = now < (begin + LEAD_S) * 1e9
    *events, rest = rest.split(b"\n\n")
    for event in events:
        step = re.search(rb'"key":"Step","value":"(\d{10,})"', event)
        if step and not is_early:
            ages.append((now - int(step[1])) / 1e6)
ages.sort()
if len(ages) < 100:
    sys.exit(f"stale: only {len(ages)} changes came")
print(len(ages), round(ages[len(ages) // 2], 1), round(ages[len(ages) * 99 // 100], 1))
