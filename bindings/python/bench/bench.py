#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""What a call costs beside tqdm, in nanoseconds of the thread's CPU time; the loop's own time is taken off.

bench.py [FOLDER]   FOLDER: a file for each case, with a line for each round.  PYTHONPATH leads to the built package.

The cases have their turns in slices; a round's figure is the median of its slices.  `make bench` runs this.
"""

import io
import os
import statistics
import sys
import time
from typing import Callable, Dict, List

os.environ["HEADWAY_ARENA"] = f"/headway-bench-python-{os.getpid()}"

import headway
from headway.tqdm import tqdm as our_tqdm

try:
    from tqdm import tqdm as their_tqdm
except ImportError:
    their_tqdm = None

SMOKE = os.environ.get("BENCH_SMOKE", "0") != "0"
ROUNDS = 1 if SMOKE else int(os.environ.get("BENCH_ROUNDS", 9))
SLICES = 2 if SMOKE else int(os.environ.get("BENCH_SLICES", 24))
CALLS = 5_000  # in a slice
STEPS = 10  # a loop is longer, as each starts and ends a record

Slice = Callable[[], float]


def calls(function, *args) -> Slice:
    def run():
        begin = time.thread_time()
        for _ in range(CALLS):
            function(*args)
        return time.thread_time() - begin

    return run


def empty():
    begin = time.thread_time()
    for _ in range(CALLS):
        pass
    return time.thread_time() - begin


def loop(wrap) -> Slice:
    def run():
        numbers = wrap(range(CALLS * STEPS))
        begin = time.thread_time()
        for _ in numbers:
            pass
        return (time.thread_time() - begin) / STEPS

    return run


def one_round(cases: Dict[str, Slice]) -> Dict[str, float]:
    """Nanoseconds a call, without those of an empty loop."""
    seconds: Dict[str, List[float]] = {name: [] for name in cases}
    for _ in range(SLICES):
        for name, run in cases.items():
            seconds[name].append(run())
    ns = {name: statistics.median(of) / CALLS * 1e9 for name, of in seconds.items()}
    floor = ns.pop("empty")
    return {name: of - floor for name, of in ns.items()}


def report(rounds: List[Dict[str, float]]) -> None:
    for name in rounds[0]:
        figures = [of[name] for of in rounds]
        if len(sys.argv) > 1:
            with open(os.path.join(sys.argv[1], name), "w", encoding="utf-8") as file:
                file.writelines(f"{figure:.2f}\n" for figure in figures)
        else:
            print(f"{name:20} {statistics.median(figures):8.1f} ns, {min(figures):.1f} to {max(figures):.1f}")


def main() -> None:
    record = headway.start("bench", counters=("bytes",))
    silent = {"file": io.StringIO()}
    ours = our_tqdm(total=1, **silent)
    cases = {
        "empty": empty,
        "track": loop(lambda numbers: headway.track(numbers, "bench", bar=False)),
        "add": calls(record.add),
        "add_n": calls(record.add, 5),
        "counter_add": calls(record.counter_add, "bytes", 5),
        "message": calls(record.__setitem__, "Step", "12 of 90"),
        "tqdm_update": calls(ours.update),
        "tqdm_loop": loop(lambda numbers: our_tqdm(numbers, **silent)),
    }
    if their_tqdm:
        cases["their_tqdm_update"] = calls(their_tqdm(total=1, **silent).update)
        cases["their_tqdm_loop"] = loop(lambda numbers: their_tqdm(numbers, **silent))
    rounds = [one_round(cases) for _ in range(ROUNDS + 1)][1:]  # the first is the warm-up
    updates = (ROUNDS + 1) * SLICES * CALLS
    assert record.done == 6 * updates, f"{record.done} units are counted, not {6 * updates}"
    assert ours.n == updates, f"tqdm counts {ours.n}, not {updates}"
    report(rounds)
    record.finish()
    headway.unlink(os.environ["HEADWAY_ARENA"])


if __name__ == "__main__":
    main()
