# SPDX-License-Identifier: BSD-3-Clause
"""What a with statement ends."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type


class Block:
    """_end() is called with the exception that leaves the block, or None; the exception goes on."""

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
    """An exit without a code is none."""
    return error is not None and not (isinstance(error, SystemExit) and not error.code)
