# SPDX-License-Identifier: BSD-3-Clause
"""Arenas, and the one of this process that is opened when none is named."""

from __future__ import annotations

import errno
import math
import os
from typing import Any, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

from . import _context, _headway
from ._block import Block
from ._errors import Error
from ._record import Record
from ._snapshot import Snapshot, Status


class Reaped(NamedTuple):
    """What a pass of cleaning found."""

    live: int
    lost: int
    expired: int
    evicted: int
    members_swept: int
    blocks_freed: int


class Arena(Block, _headway.Arena):
    """An arena that is open.  Usable from any thread, and in children after a fork."""

    def __enter__(self) -> Arena:
        return self

    def _end(self, error: Optional[BaseException]) -> None:
        self.close()

    def start(
        self,
        name: str = "",
        total: Optional[int] = None,
        unit: str = "",
        *,
        parent: Union[None, str, Record, Snapshot] = None,
        counters: Iterable[str] = (),
        detached: bool = False,
        striped: bool = False,
        root: bool = False,
        ttl: int = 0,
        owner_pid: int = 0,
        history: str = "",
    ) -> Record:
        """Start a record.

        total is what done is expected to reach, None when that is unknown; counters are the names
        of at most six more.  Without a parent the record is part of the one whose block this is
        called in, or of that in HEADWAY_PARENT; root=True is for one that is part of nothing.
        history is a name under which successful runs of this user are remembered, for the
        forecasts of later ones.
        """
        flags = (
            (_headway.DETACHED if detached else 0)
            | (_headway.STRIPED if striped else 0)
            | (_headway.ROOT if root else 0)
        )
        if parent is None and not root:
            parent = _context.parent_in(self)
        return self._start(
            Record, name, unit, total or 0, parent, flags, tuple(counters), ttl, owner_pid, history
        )

    def resume(self, id: Union[str, Record, Snapshot]) -> Record:
        """Open a record that somebody started, for writing.  Its owner stays who it was."""
        return self._resume(Record, id, tuple(self.read(id).counters))

    def read(self, id: Union[str, Record, Snapshot]) -> Snapshot:
        """One version of a record, whole."""
        return self._read(Snapshot, id)

    def records(self) -> List[Snapshot]:
        """All records that there are, of some 5 KB each; order is that of their places."""
        return self._records(Snapshot)

    def each(self) -> Iterator[Snapshot]:
        """The same one by one, each read when it is asked for; what is gone by then is left out."""
        for id in self._records(None):
            try:
                snapshot = self.read(id)
            except Error as error:
                if self.closed or error.errno not in (errno.ENOENT, errno.ESTALE, errno.EAGAIN):
                    raise
                continue
            yield snapshot

    def wait(self, id: Union[str, Record, Snapshot], timeout: Optional[float] = None) -> Status:
        """Wait until a record is over; its final status.  Timeout after so many seconds."""
        return Status(self._wait(id, math.inf if timeout is None else timeout))

    def cancel(self, id: Union[str, Record, Snapshot], reason: Optional[str] = None) -> None:
        """Ask a record's owner to stop, who sees it in record.cancelled.  Asked twice, the first counts."""
        self._cancel(id, reason)

    def reap(self, ttl: int = 0, error_ttl: int = 0, dry_run: bool = False) -> Reaped:
        """Sweep the dead, mark their records lost, free what expired (after so many seconds; 0: as
        the arena says)."""
        return Reaped(*self._reap(ttl, error_ttl, _headway.DRY_RUN if dry_run else 0))

    @property
    def path(self) -> str:
        """The arena's file."""
        return str(self.info()["path"])

    def __repr__(self) -> str:
        return "<headway.Arena closed>" if self.closed else f"<headway.Arena {self.path!r}>"

    def __reduce__(self) -> Tuple[Any, ...]:
        return (_existing, (self.path,))


def open(
    name: Optional[str] = None,
    *,
    create: bool = True,
    exclusive: bool = False,
    read_only: bool = False,
    slots: int = 0,
    bytes: int = 0,
    members: int = 0,
    mode: int = 0,
    group: Optional[str] = None,
    base_path: Optional[str] = None,
    ttl: int = 0,
    error_ttl: int = 0,
) -> Arena:
    """Open an arena, making it when there is none.

    name: "/headway", a path with a further slash, or None for $HEADWAY_ARENA or else "/headway".
    create=False or read_only=True: one that exists; exclusive=True: one that does not yet.
    Geometry, mode, group, base_path and times to live count when the arena is made; 0 and None are
    the defaults.
    """
    if read_only:
        flags = _headway.READ_ONLY
    elif exclusive:
        flags = _headway.CREATE | _headway.EXCLUSIVE
    else:
        flags = _headway.CREATE if create else _headway.EXISTING
    return Arena(
        name, flags, slots, bytes, members, mode, group, base_path, ttl, error_ttl
    )


# Open arenas by what they were asked for as: not closed here, as records of this process may lie there.
_opened: Dict[str, Arena] = {}


def _existing(path: str) -> Arena:
    """The arena of a path, for objects that were pickled in another process."""
    if path not in _opened or _opened[path].closed:
        _opened[path] = open(path, create=False)
    return _opened[path]


def default() -> Arena:
    """The arena of $HEADWAY_ARENA or "/headway": opened once, and kept until somebody closes it."""
    name = _context.arena_of_parent() or os.environ.get("HEADWAY_ARENA") or "/headway"
    if name not in _opened or _opened[name].closed:
        _opened[name] = open(name)
    return _opened[name]


def start(
    name: str = "",
    total: Optional[int] = None,
    unit: str = "",
    *,
    arena: Optional[Arena] = None,
    **how: Any,
) -> Record:
    """Start a record in an arena, or else in the default one: see Arena.start().

    As a context manager it is Finished at the end of the block, Error when an exception leaves it.
    """
    return (arena or default()).start(name, total, unit, **how)
