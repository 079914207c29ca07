#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Import tables with a pool of processes: a record for all, and one for each table that is a part of it.

    headway top &
    import_tables.py users=200000 orders=50000 items=80000

A table whose name begins with "broken" cannot be read: its record becomes Error, the others go on.
"""

from __future__ import annotations

import concurrent.futures
import hashlib
import multiprocessing
import sys

import headway


def rows_of(table: str, count: int) -> list[bytes]:
    return [f"{table} {number}".encode() for number in range(count)]


def import_table(table: str, count: int) -> str:
    """Runs in a worker; nothing was passed to it but its arguments."""
    digest = hashlib.sha256()
    with headway.start(table, total=count, unit="rows", counters=["bytes"]) as record:
        for row in rows_of(table, count):
            if table.startswith("broken"):
                raise ValueError(f"{table}: row 0 is not readable")
            digest.update(row)
            record.add()
            record.counter_add("bytes", len(row))
        record.results = {"sha256": digest.hexdigest()}
    return digest.hexdigest()


def main(arguments: list[str]) -> int:
    tables = [argument.partition("=") for argument in arguments]
    failed: list[str] = []
    context = multiprocessing.get_context("forkserver")
    with headway.start("import", total=len(tables), unit="tables") as record:
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            futures = {
                pool.submit(import_table, name, int(count or 1000)): name for name, _, count in tables
            }
            for future in concurrent.futures.as_completed(futures):
                record["Last"] = futures[future]
                if future.exception():
                    failed.append(futures[future])
                record.add()
        record.results = {"failed": sorted(failed)}
    print(f"{len(tables) - len(failed)} of {len(tables)} tables")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
