# SPDX-License-Identifier: BSD-3-Clause
"""As headway.tqdm.auto."""

from .auto import tqdm, trange

__all__ = ["tqdm", "trange"]
