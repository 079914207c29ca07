# SPDX-License-Identifier: BSD-3-Clause
"""itertools.product() with a bar."""

from __future__ import annotations

import itertools
import math
from typing import Any, Iterable, Iterator, Tuple

from ..auto import tqdm as _tqdm

__all__ = ["product"]


def product(
    *iterables: Iterable[Any], repeat: int = 1, tqdm_class: Any = _tqdm, **tqdm_kwargs: Any
) -> Iterator[Tuple[Any, ...]]:
    """itertools.product() with a bar, whose total is known where each iterable has a len()."""
    sized: Any = iterables
    if all(hasattr(each, "__len__") for each in iterables):
        tqdm_kwargs.setdefault("total", math.prod(map(len, sized)) ** repeat)
    yield from tqdm_class(itertools.product(*iterables, repeat=repeat), **tqdm_kwargs)
