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
    """An exception's text, or its type's name when it has none."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


def to_json(value: Any) -> str:
    """A value as JSON text.  ValueError for NaN and infinities, which JSON does not have."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:  # surrogates, which JSON can only escape
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
    return text


class Record(Block, _headway.Record):
    """A record that is open for writing, from start() or resume().

    record["Key"] = "value" sets a message.  As a context manager the record becomes Finished, or Error with
    the text of the exception that leaves the block.  When the object is collected while the record is
    Running, in the process that started it, the record becomes Error.
    """

    _entered: Optional[_context.Entered] = None

    @property
    def status(self) -> Status:
        return Status(self._status)

    @property
    def results(self) -> Any:
        """Any value that json can write; None when never set."""
        return self.snapshot().results

    @results.setter
    def results(self, value: Any) -> None:
        self._set_results(to_json(value))

    def finish(self, results: Any = _NOTHING) -> None:
        """End the record as Finished; results, if given, are set in the same step."""
        self._finish(None if results is _NOTHING else to_json(results))

    def snapshot(self) -> Snapshot:
        """The record as readers see it."""
        read: Snapshot = self.arena._read(Snapshot, self.id)
        return read

    def __getitem__(self, key: str) -> str:
        return self.snapshot().messages[key]

    def enter(self) -> None:
        """From here to leave(), records that are started become children of this one, as in its block."""
        if self._entered is None:
            self._entered = _context.enter(self)

    def leave(self) -> None:
        """End what enter() began; the record goes on."""
        entered, self._entered = self._entered, None
        if entered is not None:
            _context.leave(entered)

    def __enter__(self) -> Record:
        self.enter()
        return self

    def _end(self, error: Optional[BaseException]) -> None:
        self.leave()
        # Only the process that started the record ends it: not a forked child, nor one that resumed it.
        if self._released or not self._ends_here or self._status != _headway.RUNNING:
            return
        try:
            if error is not None and is_failure(error):
                self.error(text_of(error).replace("\0", "\ufffd"))
            else:
                self._finish(None)
        except OSError:
            if error is None:
                raise  # otherwise the exception that leaves the block is more useful

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
    """For unpickling."""
    record: Record = arena.resume(id)
    return record
