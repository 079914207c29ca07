# SPDX-License-Identifier: BSD-3-Clause
"""The bars for every place: with `for` and `async for`, as text on a terminal and as HTML in a notebook."""

from .notebook import tqdm, trange

__all__ = ["tqdm", "trange"]
