# SPDX-License-Identifier: BSD-3-Clause
"""Loops with a record."""

from __future__ import annotations

import operator
import sys
from typing import Any, Iterable, Optional, TypeVar

from . import _headway
from ._arena import Arena, start

T = TypeVar("T")


def length_of(items: Any) -> Optional[int]:
    """The number of items; None when it is unknown."""
    try:
        hint = operator.length_hint(items, -1)
    except Exception:
        return None
    return hint if hint >= 0 else None


def track(
    items: Iterable[T],
    name: str = "",
    total: Optional[int] = None,
    unit: str = "",
    *,
    bar: Optional[bool] = None,
    arena: Optional[Arena] = None,
    **how: Any,
) -> _headway.Track[T]:
    """Iterate over items and count them in a record; on a terminal, draw a bar on standard error.

    total is by default the number of items.  The record becomes Finished when the loop ends, also when it
    is left early, and Error when an exception leaves the loop.  bar=True and bar=False draw a bar, or none,
    whether standard error is a terminal or not.
    """
    if total is None:
        total = length_of(items)
    if bar is None:
        bar = hasattr(sys.stderr, "isatty") and sys.stderr.isatty()
    if bar:
        from .tqdm import tqdm

        with_bar = tqdm(items, desc=name, total=total, unit=unit or "it", _arena=arena, _how=how)
        return with_bar.__iter__()
    record = start(name, total, unit, arena=arena, **how)
    return _headway.Track(items, record, None)
