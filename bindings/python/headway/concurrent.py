# SPDX-License-Identifier: BSD-3-Clause
"""map() over many workers with a bar and a record: process_map, thread_map.

Records of workers become children of the map's record.  When a worker is killed, the map ends with
BrokenProcessPool; there is no lock that the worker could have held.
"""

from __future__ import annotations

import concurrent.futures
import os
from typing import Any, Callable, Iterable, List, TypeVar

from ._bar import length_of
from .tqdm import tqdm

R = TypeVar("R")

__all__ = ["process_map", "thread_map"]


def _map(
    make: Callable[..., Any], function: Callable[..., R], iterables: Iterable[Any], how: Any
) -> List[R]:
    workers = how.pop("max_workers", None) or min(32, (os.cpu_count() or 1) + 4)
    chunksize = how.pop("chunksize", 1)
    lengths = [length for length in map(length_of, iterables) if length is not None]
    how.setdefault("total", min(lengths, default=None))
    with how.pop("tqdm_class", tqdm)(**how) as bar:
        record = getattr(bar, "record", None)
        if record is not None:
            record.enter()
        try:
            with make(max_workers=workers) as pool:
                results = []
                for result in pool.map(function, *iterables, chunksize=chunksize):
                    results.append(result)
                    bar.update()
                return results
        finally:
            if record is not None:
                record.leave()


def process_map(function: Callable[..., R], *iterables: Iterable[Any], **how: Any) -> List[R]:
    """list(map(function, *iterables)) in processes.

    max_workers, chunksize, and tqdm's arguments.
    """
    return _map(concurrent.futures.ProcessPoolExecutor, function, iterables, how)


def thread_map(function: Callable[..., R], *iterables: Iterable[Any], **how: Any) -> List[R]:
    """list(map(function, *iterables)) in threads: as process_map()."""
    return _map(concurrent.futures.ThreadPoolExecutor, function, iterables, how)
