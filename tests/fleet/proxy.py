#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A network between two programs of a test: forwards TCP connections to a server and prints its own port.

    proxy.py PORT [BYTES_PER_SECOND]        what the server sends is slowed down to that

Stopped by SIGSTOP it is a network that is split: nothing arrives, and nobody is told.  SIGUSR1 ends all
connections.
"""
import asyncio
import signal
import sys

target = int(sys.argv[1])
rate = int(sys.argv[2]) if len(sys.argv) > 2 else 0
writers = set()


async def copy(reader, writer, limit):
    try:
        while data := await reader.read(65536 if not limit else max(limit // 20, 1)):
            writer.write(data)
            await writer.drain()
            if limit:
                await asyncio.sleep(len(data) / limit)
    except OSError:
        pass
    writer.close()


async def connect(reader, writer):
    try:
        there, to = await asyncio.open_connection("127.0.0.1", target, limit=65536)
    except OSError:
        writer.close()
        return
    writers.update((writer, to))
    await asyncio.gather(copy(reader, to, 0), copy(there, writer, rate))
    writers.difference_update((writer, to))


def cut():
    for writer in writers:
        writer.transport.abort()


async def main():
    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, cut)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
