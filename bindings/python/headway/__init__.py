# SPDX-License-Identifier: BSD-3-Clause
"""Progress of long-running work, in shared memory.

    import headway

    with headway.start("import", total=1000, unit="rows") as record:
        record["Table"] = "users"
        record.add(1)
        record.results = {"rows": 1000}

    for row in headway.track(rows, "import"):
        ...

Other programs can watch: `headway top`, headway.open().records(), headway-httpd.
"""

from ._arena import Arena, Reaped, default, open, start
from ._bar import track
from ._errors import Denied, Error, Exists, Gone, Invalid, NotFound, Over, Timeout
from ._headway import unlink
from ._headway import version as __version__
from ._record import Record
from ._snapshot import Snapshot, Status

RUNNING = Status.RUNNING
FINISHED = Status.FINISHED
ERROR = Status.ERROR

__all__ = [
    "Arena",
    "Denied",
    "ERROR",
    "Error",
    "Exists",
    "FINISHED",
    "Gone",
    "Invalid",
    "NotFound",
    "Over",
    "RUNNING",
    "Reaped",
    "Record",
    "Snapshot",
    "Status",
    "Timeout",
    "default",
    "open",
    "start",
    "track",
    "unlink",
]
