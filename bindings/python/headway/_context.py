# SPDX-License-Identifier: BSD-3-Clause
"""The parent of a record that is started without one.

In the block of a record, in that thread or task, it is that record.  In other threads and in child processes
it is the record whose block the main thread is in, from the environment.  A fork server's environment may be
older than the block; its children get the parent from multiprocessing, which copies a process's settings to
each child that it makes.
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

# What enter() saves for leave(): the record before, the environment, multiprocessing's setting.
Entered = Tuple[Optional["Record"], Optional[Dict[str, Optional[str]]], Any]


def _settings() -> Optional[Dict[str, Any]]:
    """multiprocessing's settings of this process; None when it is not used."""
    module = sys.modules.get("multiprocessing.process")
    if module is None:
        return None
    settings = getattr(module.current_process(), "_config", None)
    return settings if isinstance(settings, dict) else None


def _of_parent_process() -> Optional[List[str]]:
    """Id, arena and pid that the parent process set; None when it set none."""
    settings = _settings()
    found = settings.get(_KEY) if settings else None
    return found if isinstance(found, list) and found[2] != os.getpid() else None


def arena_of_parent() -> Optional[str]:
    found = _of_parent_process()
    return found[1] if found else None


def parent_in(arena: Arena) -> Optional[str]:
    """The id of the record in whose block the caller is, if it is in that arena; None: use HEADWAY_PARENT."""
    record = _current.get()
    if record is not None:
        return record.id if record.arena is arena or record.arena.path == arena.path else None
    found = _of_parent_process()
    return found[0] if found and found[1] == arena.path else None


def enter(record: Record) -> Entered:
    """Begin the record's block."""
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
    """End the record's block."""
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
