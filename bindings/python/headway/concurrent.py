# SPDX-License-Identifier: BSD-3-Clause
"""map() over many workers with a bar and a record: see headway.tqdm.contrib.concurrent."""

from .tqdm.contrib.concurrent import process_map, thread_map

__all__ = ["process_map", "thread_map"]
