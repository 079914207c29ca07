# SPDX-License-Identifier: BSD-3-Clause
"""The bars for every place: with `for` and `async for`, on a terminal and in a notebook."""

from .asyncio import tqdm, trange

__all__ = ["tqdm", "trange"]
