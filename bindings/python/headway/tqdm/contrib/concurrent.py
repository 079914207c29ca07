# SPDX-License-Identifier: BSD-3-Clause
"""map() over many workers with a bar and a record: process_map, thread_map.

Records of workers become children of the map's record.  When a worker is killed, the map ends with
BrokenProcessPool; there is no lock that the worker could have held.
"""

from __future__ import annotations

import concurrent.futures
import os
import warnings
from typing import Any, Callable, Iterable, List, Optional, TypeVar

from ..._bar import length_of
from ..auto import tqdm as _tqdm
from ..std import TqdmWarning

R = TypeVar("R")

__all__ = ["process_map", "thread_map"]

MANY = 1000  # items, from which on chunks matter


def _shortest(iterables: Iterable[Any]) -> Optional[int]:
    """The number of calls, as far as it is known."""
    return min((n for n in map(length_of, iterables) if n is not None), default=None)


def _executor_map(
    make: Callable[..., Any],
    function: Callable[..., R],
    *iterables: Iterable[Any],
    max_workers: Optional[int] = None,
    chunksize: int = 1,
    tqdm_class: Any = _tqdm,
    lock_name: str = "",
    **how: Any,
) -> List[R]:
    """lock_name is ignored: there is no lock to choose."""
    if max_workers is None:
        max_workers = min(32, (os.cpu_count() or 1) + 4)
    how.setdefault("total", _shortest(iterables))
    with tqdm_class(**how) as bar:
        record = getattr(bar, "record", None)
        if record is not None:
            record.enter()
        try:
            with make(max_workers=max_workers) as pool:
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

    max_workers, chunksize, tqdm_class, and tqdm's arguments.  Each chunk is sent to a worker at once; many items in
    chunks of 1, the default, are slow, which a TqdmWarning says.
    """
    count = _shortest(iterables) or 0
    if count > MANY and "chunksize" not in how:
        text = f"{count} items are sent to workers one by one, which is slow: set chunksize"
        warnings.warn(text, TqdmWarning, stacklevel=2)
    executor = concurrent.futures.ProcessPoolExecutor
    return _executor_map(executor, function, *iterables, **how)


def thread_map(function: Callable[..., R], *iterables: Iterable[Any], **how: Any) -> List[R]:
    """list(map(function, *iterables)) in threads: as process_map()."""
    executor = concurrent.futures.ThreadPoolExecutor
    return _executor_map(executor, function, *iterables, **how)
