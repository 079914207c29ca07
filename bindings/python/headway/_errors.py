# SPDX-License-Identifier: BSD-3-Clause
"""Exceptions.  Each is a headway.Error, and where Python has a class for that errno, also that."""

import errno as _errno
from typing import Dict, Type


class Error(OSError):
    """A call of Headway failed: errno and strerror say why."""


class Over(Error):
    """EALREADY: the record was Finished or Error already; the call changed nothing."""


class Gone(Error):
    """ESTALE: the record is gone; or the arena was closed, was replaced, or is from an earlier boot."""


class Timeout(Error, TimeoutError):
    """ETIMEDOUT: the record was not over in time."""


class NotFound(Error, FileNotFoundError):
    """ENOENT: no such arena or record."""


class Exists(Error, FileExistsError):
    """EEXIST: there is an arena of that name already."""


class Denied(Error, PermissionError):
    """EACCES or EPERM: not permitted."""


class Invalid(Error, ValueError):
    """EINVAL: an empty key, a NUL in a text, results that are not JSON, a released record."""


_classes: Dict[int, Type[Error]] = {
    _errno.EALREADY: Over,
    _errno.ESTALE: Gone,
    _errno.ETIMEDOUT: Timeout,
    _errno.ENOENT: NotFound,
    _errno.EEXIST: Exists,
    _errno.EACCES: Denied,
    _errno.EPERM: Denied,
    _errno.EINVAL: Invalid,
}


def of(code: int, text: str) -> Error:
    """The exception for what the library returned."""
    return _classes.get(abs(code), Error)(abs(code), text)
