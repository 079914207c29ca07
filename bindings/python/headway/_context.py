# SPDX-License-Identifier: BSD-3-Clause
"""Which record is what is started now a part of?

In the block of a record, in that thread or task: of this record.  Other threads' records, and those of
child processes, are parts of the record whose block the main thread is in: the environment says which,
for children of every kind but those of a fork server, whose environment is older.  These have it from
multiprocessing, which hands a process's settings on to each child that it makes.
"""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

if TYPE_CHECKING:
    from ._arena import Arena
    from ._record import Record

_current: contextvars.ContextVar[Optional[Record]] = contextvars.ContextVar(
    "headway_record", default=None
)
_NAMES = ("HEADWAY_PARENT", "HEADWAY_ARENA")
_KEY = "headway"

# What leave() brings back.
Entered = Tuple[Optional["Record"], Optional[Dict[str, Optional[str]]], Any]


def _settings() -> Optional[Dict[str, Any]]:
    """multiprocessing's, of this process; None where it is not used."""
    module = sys.modules.get("multiprocessing.process")
    if module is None:
        return None
    settings = getattr(module.current_process(), "_config", None)
    return settings if isinstance(settings, dict) else None


def _of_parent_process() -> Optional[List[str]]:
    """Id and arena that the process that made this one set; None."""
    settings = _settings()
    found = settings.get(_KEY) if settings else None
    return found if isinstance(found, list) and found[2] != os.getpid() else None


def arena_of_parent() -> Optional[str]:
    found = _of_parent_process()
    return found[1] if found else None


def parent_in(arena: Arena) -> Optional[str]:
    """The id of the record in whose block this is, if it is in that arena; None: as HEADWAY_PARENT says."""
    record = _current.get()
    if record is not None:
        return record.id if record.arena is arena or record.arena.path == arena.path else None
    found = _of_parent_process()
    return found[0] if found and found[1] == arena.path else None


def enter(record: Record) -> Entered:
    """The record's block begins."""
    before = _current.get()
    _current.set(record)
    if threading.current_thread() is not threading.main_thread():
        return before, None, None
    environment = {name: os.environ.get(name) for name in _NAMES}
    path = record.arena.path
    os.environ.update(zip(_NAMES, (record.id, path)))
    settings = _settings()
    config = settings.get(_KEY) if settings is not None else None
    if settings is not None:
        settings[_KEY] = [record.id, path, os.getpid()]
    return before, environment, config


def leave(entered: Entered) -> None:
    """The record's block ends."""
    before, environment, config = entered
    _current.set(before)
    if environment is None:
        return
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    settings = _settings()
    if settings is not None:
        if config is None:
            settings.pop(_KEY, None)
        else:
            settings[_KEY] = config
