# SPDX-License-Identifier: BSD-3-Clause
"""Arenas, and the default arena of this process."""

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
    """What Arena.reap() did."""

    live: int
    lost: int
    expired: int
    evicted: int
    members_swept: int
    blocks_freed: int


class Arena(Block, _headway.Arena):
    """An open arena.  Any thread may use it, and so may a forked child."""

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

        total is the value that done is expected to reach, None when it is unknown; counters are the
        names of at most six named counters.  If no parent is given, it is the record in whose block
        this is called, or that of HEADWAY_PARENT; with root=True there is none.  history is a name
        under which this user's successful runs are remembered, for forecasts of later ones.
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
        """Open an existing record for writing.  Its owner does not change."""
        return self._resume(Record, id, tuple(self.read(id).counters))

    def read(self, id: Union[str, Record, Snapshot]) -> Snapshot:
        """Read one version of a record, whole."""
        return self._read(Snapshot, id)

    def records(self) -> List[Snapshot]:
        """Read all records, at some 5 KB each, in the order of their slots."""
        return self._records(Snapshot)

    def each(self) -> Iterator[Snapshot]:
        """Read all records one by one, each when the iterator reaches it; skip those gone by then."""
        for id in self._records(None):
            try:
                snapshot = self.read(id)
            except Error as error:
                if self.closed or error.errno not in (errno.ENOENT, errno.ESTALE, errno.EAGAIN):
                    raise
                continue
            yield snapshot

    def wait(self, id: Union[str, Record, Snapshot], timeout: Optional[float] = None) -> Status:
        """Wait until a record is over, and return its final status.  Raise Timeout after timeout seconds."""
        return Status(self._wait(id, math.inf if timeout is None else timeout))

    def cancel(self, id: Union[str, Record, Snapshot], reason: Optional[str] = None) -> None:
        """Ask a record's owner to stop: record.cancelled becomes True.  A second request changes nothing."""
        self._cancel(id, reason)

    def reap(self, ttl: int = 0, error_ttl: int = 0, dry_run: bool = False) -> Reaped:
        """Sweep dead members, mark records of dead owners lost, and free expired records.

        Records expire ttl or error_ttl seconds after their end; 0: the times that the arena has.
        """
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
    create=False and read_only=True: the arena must exist; exclusive=True: it must not.
    slots, bytes, members, mode, group, base_path, ttl and error_ttl are used only when the arena is
    made; 0 and None stand for the defaults.
    """
    if read_only:
        flags = _headway.READ_ONLY
    elif exclusive:
        flags = _headway.CREATE | _headway.EXCLUSIVE
    else:
        flags = _headway.CREATE if create else _headway.EXISTING
    how = (flags, slots, bytes, members, mode, group, base_path, ttl, error_ttl)
    try:
        return Arena(name, *how)
    except Error as error:
        error.filename = name or os.environ.get("HEADWAY_ARENA") or "/headway"
        raise


# Open arenas by name.  They are not closed here, since that would end records of this process.
_opened: Dict[str, Arena] = {}


def _existing(path: str) -> Arena:
    """The existing arena of that path, for unpickling."""
    if path not in _opened or _opened[path].closed:
        _opened[path] = open(path, create=False)
    return _opened[path]


def default() -> Arena:
    """The arena of $HEADWAY_ARENA or "/headway": opened at the first call, and again after a close()."""
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
    """Start a record in an arena, or in the default one: see Arena.start().

    As a context manager the record becomes Finished at the end of the block, or Error when an exception
    leaves it.
    """
    return (arena or default()).start(name, total, unit, **how)
