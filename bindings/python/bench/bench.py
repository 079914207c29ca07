#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a call costs, beside the floor and tqdm, in one run.

Each line is a RESULT of the fastest of several rounds, interleaved, in nanoseconds a call; the loop's own
time is taken off.  PYTHONPATH must lead to the built package.
"""

import io
import os
import time

os.environ["HEADWAY_ARENA"] = f"/headway-bench-python-{os.getpid()}"

import headway
from headway.tqdm import tqdm as our_tqdm

try:
    from tqdm import tqdm as their_tqdm
except ImportError:
    their_tqdm = None

CALLS = int(os.environ.get("CALLS", 20_000))
ROUNDS = int(os.environ.get("ROUNDS", 100))


def calls(function, *args):
    def run():
        numbers = range(CALLS)
        begin = time.thread_time()
        for _ in numbers:
            function(*args)
        return time.thread_time() - begin

    return run


def loop(wrap):
    def run():
        numbers = wrap(range(CALLS * 5))
        begin = time.thread_time()
        for _ in numbers:
            pass
        return (time.thread_time() - begin) / 5

    return run


def empty(*args):
    begin = time.thread_time()
    for _ in range(CALLS):
        pass
    return time.thread_time() - begin


def main():
    record = headway.start("bench", counters=("bytes",))
    add, set_item = record.add, record.__setitem__
    silent = {"file": io.StringIO()}
    ours = our_tqdm(total=1, **silent)
    cases = {
        "loop": loop(lambda numbers: numbers),
        "track": loop(lambda numbers: headway.track(numbers, "bench", bar=False)),
        "add": calls(add),
        "add_n": calls(add, 5),
        "counter_add": calls(record.counter_add, "bytes", 5),
        "message": calls(set_item, "Step", "12 of 90"),
        "headway_tqdm_update": calls(ours.update),
        "headway_tqdm_loop": loop(lambda numbers: our_tqdm(numbers, **silent)),
    }
    if their_tqdm:
        theirs = their_tqdm(total=1, **silent)
        cases["tqdm_update"] = calls(theirs.update)
        cases["tqdm_loop"] = loop(lambda numbers: their_tqdm(numbers, **silent))
    best = dict.fromkeys(cases, float("inf"))
    floor = float("inf")
    for _ in range(ROUNDS):
        floor = min(floor, empty())
        for name, run in cases.items():
            best[name] = min(best[name], run())
    for name, seconds in best.items():
        of = 0 if name == "loop" else best["loop"] if name.endswith(("loop", "track")) else floor
        print(f"RESULT bench=python case={name} ns={(seconds - of) / CALLS * 1e9:.1f}")
    if their_tqdm:
        ratio = (best["add"] - floor) / (best["tqdm_update"] - floor)
        print(f"RESULT bench=python case=add_to_tqdm_update ratio={ratio:.2f}")
    record.finish()
    headway.unlink(os.environ["HEADWAY_ARENA"])


if __name__ == "__main__":
    main()
