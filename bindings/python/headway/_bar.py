# SPDX-License-Identifier: BSD-3-Clause
"""Loops that are records."""

from __future__ import annotations

import operator
import sys
from typing import Any, Iterable, Optional, TypeVar

from . import _headway
from ._arena import Arena, start

T = TypeVar("T")


def length_of(items: Any) -> Optional[int]:
    """How many there are; None where nobody knows."""
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
    """Pass items on and count them in a record; on a terminal, draw a bar on standard error.

    total is by default how many items there are.  The record is Finished when the loop ends, also when it
    is left early; an exception that leaves the loop makes it Error.  bar=True or False: draw, or not,
    whatever standard error is.
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
