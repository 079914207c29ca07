# SPDX-License-Identifier: BSD-3-Clause
"""Records that are open for writing."""

from __future__ import annotations

import json
from typing import Any, Optional, Tuple

from . import _context, _headway
from ._block import Block, is_failure
from ._snapshot import Snapshot, Status

_NOTHING = object()


def text_of(error: BaseException) -> str:
    """What is told of an exception: its text, or else its type's name."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


def to_json(value: Any) -> str:
    """A value as JSON text.  ValueError for what JSON has no word for (NaN, infinities)."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # surrogates, which JSON can only escape
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text


class Record(Block, _headway.Record):
    """A record that is open for writing.

    Made by start() or resume().  record["Key"] = "value" sets a message.  As a context manager it ends
    as Finished, or as Error with the text of the exception that leaves the block.  When its object is
    collected while the record is Running, in the process that started it, the record becomes Error.
    """

    _entered: Optional[_context.Entered] = None

    @property
    def status(self) -> Status:
        return Status(self._status)

    @property
    def results(self) -> Any:
        """Anything that json can write; None when never set."""
        return self.snapshot().results

    @results.setter
    def results(self, value: Any) -> None:
        self._set_results(to_json(value))

    def finish(self, results: Any = _NOTHING) -> None:
        """End the record as Finished, with results in the same step where they are given."""
        self._finish(None if results is _NOTHING else to_json(results))

    def snapshot(self) -> Snapshot:
        """The record as readers see it."""
        read: Snapshot = self.arena._read(Snapshot, self.id)
        return read

    def __getitem__(self, key: str) -> str:
        return self.snapshot().messages[key]

    def enter(self) -> None:
        """What is started from here on is a part of this record, as in its block: see leave()."""
        if self._entered is None:
            self._entered = _context.enter(self)

    def leave(self) -> None:
        """What enter() began is over; the record is not."""
        entered, self._entered = self._entered, None
        if entered is not None:
            _context.leave(entered)

    def __enter__(self) -> Record:
        self.enter()
        return self

    def _end(self, error: Optional[BaseException]) -> None:
        self.leave()
        # A forked child that leaves the block ends nothing, nor does whoever resumed the record.
        if self._released or not self._ends_here or self._status != _headway.RUNNING:
            return
        try:
            if error is not None and is_failure(error):
                self.error(text_of(error).replace("\0", "\ufffd"))
            else:
                self._finish(None)
        except OSError:
            if error is None:
                raise  # or else the exception that is on its way says more

    def __reduce__(self) -> Tuple[Any, ...]:
        return (_resume, (self.arena, self.id))

    def __repr__(self) -> str:
        if self._released:
            return f"<headway.Record {self.id} released>"
        try:
            return self.snapshot()._text("Record")
        except OSError as error:
            return f"<headway.Record {self.id}: {error.strerror}>"

    def _repr_html_(self) -> str:
        return self.snapshot()._repr_html_()


def _resume(arena: Any, id: str) -> Record:
    """A record that was pickled in another process."""
    record: Record = arena.resume(id)
    return record
