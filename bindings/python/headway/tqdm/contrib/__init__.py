# SPDX-License-Identifier: BSD-3-Clause
"""enumerate(), zip() and map() with a bar, and a file that writes above the bars."""

from __future__ import annotations

import contextlib
import sys
from typing import Any, Callable, Iterable, Iterator, List, Optional, Tuple

from ..auto import tqdm as _tqdm
from ..std import Number, tqdm

__all__ = ["DummyTqdmFile", "tenumerate", "tmap", "tzip"]


class DummyTqdmFile:
    """A file in the place of sys.stdout: whole lines are written above the bars, to another file."""

    def __init__(self, wrapped: Any) -> None:
        self._wrapped = wrapped
        self._begun: List[Any] = []  # of a line that has not ended

    def __getattr__(self, name: str) -> Any:
        return getattr(self._wrapped, name)

    def write(self, x: Any, nolock: bool = False) -> int:
        newline: Any = b"\n" if isinstance(x, bytes) else "\n"
        lines, ended, rest = x.rpartition(newline)
        if ended:
            self._pour(lines + ended, nolock)
        if rest:
            self._begun.append(rest)
        return len(x)

    def _pour(self, end: Any, nolock: bool) -> None:
        nothing = end[:0]
        text = nothing.join([*self._begun, end])
        self._begun = []
        tqdm.write(text, file=self._wrapped, end=nothing, nolock=nolock)

    def __del__(self) -> None:
        if getattr(self, "_begun", None):
            with contextlib.suppress(OSError, ValueError):
                newline: Any = b"\n" if isinstance(self._begun[0], bytes) else "\n"
                self._pour(newline, False)  # or the bar is drawn over it


def tenumerate(
    iterable: Iterable[Any],
    start: int = 0,
    total: Optional[Number] = None,
    tqdm_class: Any = _tqdm,
    **tqdm_kwargs: Any,
) -> Iterator[Tuple[Any, Any]]:
    """enumerate() with a bar; numpy.ndenumerate() of an array."""
    numpy: Any = sys.modules.get("numpy")  # there is no array where it was not imported
    if numpy is not None and isinstance(iterable, numpy.ndarray):
        array: Any = iterable
        items = numpy.ndenumerate(array)
        return iter(tqdm_class(items, total=total or array.size, **tqdm_kwargs))
    return enumerate(tqdm_class(iterable, total=total, **tqdm_kwargs), start)


def tzip(
    iter1: Iterable[Any], *iter2plus: Iterable[Any], tqdm_class: Any = _tqdm, **tqdm_kwargs: Any
) -> Iterator[Tuple[Any, ...]]:
    """zip() with a bar, which counts the items of the first iterable."""
    yield from zip(tqdm_class(iter1, **tqdm_kwargs), *iter2plus)


def tmap(
    function: Callable[..., Any], *sequences: Iterable[Any], **tqdm_kwargs: Any
) -> Iterator[Any]:
    """map() with a bar."""
    for items in tzip(*sequences, **tqdm_kwargs):
        yield function(*items)
