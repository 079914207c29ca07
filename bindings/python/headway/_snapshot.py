# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots: what reading a record returns."""

from __future__ import annotations

import enum
import html
import json
from typing import Any

from . import _headway


class Status(enum.IntEnum):
    """A record is Running, then exactly once Finished or Error."""

    RUNNING = _headway.RUNNING
    FINISHED = _headway.FINISHED
    ERROR = _headway.ERROR

    def __str__(self) -> str:
        return self.name.capitalize()

    def __format__(self, format_spec: str) -> str:
        return format(str(self), format_spec)


class Snapshot(_headway.Snapshot):
    """One version of a record, whole.  It never changes; read the record again for a later version."""

    @property
    def status(self) -> Status:
        return Status(self._status)

    @property
    def results(self) -> Any:
        """The results as a Python value; None when never set.  results_json is their text."""
        text = self.results_json
        return None if text is None else json.loads(text)

    @property
    def counter_names(self) -> list[str]:
        return list(self.counters)

    @property
    def elapsed(self) -> float:
        """Seconds from the record's start to its end, or to this read while it is Running."""
        until = self.finished_ns or self.read_ns
        return max(0, until - self.started_ns) / 1e9

    def _text(self, kind: str) -> str:
        of = f"/{self.total}" if self.total else ""
        unit = f" {self.unit}" if self.unit else ""
        return f"<headway.{kind} {self.name!r} {self.status!s} {self.done}{of}{unit} {self.id}>"

    def __repr__(self) -> str:
        return self._text("Snapshot")

    def _repr_html_(self) -> str:
        """A bar, for notebooks."""
        of = f" of {self.total:,}" if self.total else ""
        bar = ""
        if self.total:
            bar = f'<progress value="{min(self.done, self.total)}" max="{self.total}"></progress> '
        elif self.status is Status.RUNNING:
            bar = "<progress></progress> "
        messages = "".join(
            f"<br>{html.escape(key)}: {html.escape(value)}" for key, value in self.messages.items()
        )
        return (
            f"<div>{bar}<b>{html.escape(self.name)}</b> {self.status!s} "
            f"{self.done:,}{of} {html.escape(self.unit)}{messages}</div>"
        )
