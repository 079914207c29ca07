# SPDX-License-Identifier: BSD-3-Clause
"""tqdm's bars, backed by records: `from headway.tqdm import tqdm, trange`.

Arguments, methods and drawing are tqdm's.  Each bar also has a record, which is named by desc and ends when the
bar is closed; an exception that leaves the loop or block makes it Error.  There is no lock between processes, so
a killed worker blocks no other one.

If no arena can be opened, bars are drawn without records.  disable=True makes neither bar nor record;
disable=None makes only the record where the output is not a terminal.

The modules have tqdm's names: headway.tqdm.auto, .notebook, .asyncio, .contrib, .contrib.concurrent, .contrib.itertools,
.contrib.logging, .utils.
"""

from .._headway import version as __version__
from ._parts import (
    EMA,
    TqdmDeprecationWarning,
    TqdmExperimentalWarning,
    TqdmKeyError,
    TqdmMonitorWarning,
    TqdmTypeError,
)
from .std import Bar, TqdmWarning, tqdm, trange

__all__ = [
    "Bar",
    "EMA",
    "TqdmDeprecationWarning",
    "TqdmExperimentalWarning",
    "TqdmKeyError",
    "TqdmMonitorWarning",
    "TqdmTypeError",
    "TqdmWarning",
    "__version__",
    "tqdm",
    "trange",
]
