#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The three ways to a bar: a loop, tqdm's interface, and a map over processes."""

import sys

import headway
from headway.concurrent import process_map
from headway.tqdm import tqdm


def is_prime(number: int) -> bool:
    return number > 1 and all(number % divisor for divisor in range(2, int(number**0.5) + 1))


def main(limit: int) -> None:
    squares = 0
    for number in headway.track(range(limit), "squares", unit="numbers"):
        squares += number * number

    with tqdm(total=limit, desc="cubes", unit="numbers") as bar:
        for first in range(0, limit, 100):
            sum(number**3 for number in range(first, min(first + 100, limit)))
            bar.set_postfix(first=first, refresh=False)
            bar.update(min(100, limit - first))

    primes = sum(process_map(is_prime, range(limit), desc="primes", max_workers=2, chunksize=100))
    print(f"{squares} {primes}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20000)
