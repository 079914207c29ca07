# SPDX-License-Identifier: BSD-3-Clause
"""A base class of context managers."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type


class Block:
    """Calls _end() with the exception that leaves the block, or None; the exception propagates."""

    __slots__ = ()

    def _end(self, error: Optional[BaseException]) -> None:
        raise NotImplementedError

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        value: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._end(value)


def is_failure(error: Optional[BaseException]) -> bool:
    """Whether an exception means failure: sys.exit() with code 0 or None does not."""
    return error is not None and not (isinstance(error, SystemExit) and not error.code)
