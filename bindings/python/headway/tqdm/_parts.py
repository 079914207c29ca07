# SPDX-License-Identifier: BSD-3-Clause
"""Parts of headway.tqdm: exceptions, the average, streams."""

from __future__ import annotations

import time
from typing import Any, Callable, Optional, Union

from . import _meter
from ._meter import TqdmWarning

Number = Union[int, float]

LOOK = 128  # the most calls of update() or steps, where steps are counted, between two looks at the clock


class TqdmTypeError(TypeError):
    """An argument of the wrong type."""


class TqdmKeyError(KeyError):
    """An unknown argument."""


class TqdmExperimentalWarning(TqdmWarning, FutureWarning):
    """tqdm warns of its new modules by it; nothing does here."""


class TqdmMonitorWarning(TqdmWarning, RuntimeWarning):
    """The thread that looks at bars of which update() is not called could not be started."""


class TqdmDeprecationWarning(Exception):
    """An argument that tqdm once had; the message also goes to fp_write."""

    def __init__(self, msg: str, fp_write: Any = None) -> None:
        if fp_write is not None:
            fp_write(f"\n{type(self).__name__}: {msg.rstrip()}\n")
        super().__init__(msg)


class Formats:
    """tqdm's texts, as its static methods."""

    __slots__ = ()

    @staticmethod
    def format_sizeof(num: Number, suffix: str = "", divisor: Number = 1000) -> str:
        """A number in three digits with k, M, G and so on."""
        return _meter.format_sizeof(num, suffix, divisor)

    @staticmethod
    def format_interval(t: Number) -> str:
        """Seconds as [h:]mm:ss."""
        return _meter.format_interval(t)

    @staticmethod
    def format_num(n: Number) -> str:
        """The shorter of a number's plain and scientific notation."""
        return _meter.format_num(n)

    @staticmethod
    def format_meter(
        n: Number, total: Optional[Number], elapsed: float, *args: Any, **kwargs: Any
    ) -> str:
        """A bar with its texts, as one line; see headway._meter.format_meter() for the other arguments."""
        return _meter.format_meter(n, total, elapsed, *args, **kwargs)


def is_integral(n: Any) -> bool:
    """Whether a number has no fraction."""
    return isinstance(n, int) or (isinstance(n, float) and n.is_integer())


def needs_ascii(file: Any) -> bool:
    """Whether a file cannot take the characters of a smooth bar."""
    encoding: Any = getattr(file, "encoding", None)
    try:
        "\u2588\u2589".encode(encoding)
    except UnicodeEncodeError:
        return True
    except (LookupError, TypeError):
        return not encoding or not str(encoding).upper().startswith(("U8", "UTF-"))
    return False


class EMA:
    """Exponential moving average, corrected for its start at 0."""

    alpha: float
    last: float
    calls: int

    def __init__(self, smoothing: float = 0.3) -> None:
        self.alpha, self.last, self.calls = smoothing, 0.0, 0

    def __call__(self, x: Optional[float] = None) -> float:
        beta = 1 - self.alpha
        if x is not None:
            self.last = self.alpha * x + beta * self.last
            self.calls += 1
        return self.last / (1 - beta**self.calls) if self.calls else self.last


class ByteFile:
    """Lets text be written to a binary file."""

    def __init__(self, fp: Any) -> None:
        self.fp = fp
        self.encoding = getattr(fp, "encoding", None) or "utf-8"

    def write(self, text: str) -> Any:
        return self.fp.write(text.encode(self.encoding))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.fp, name)


class CountedStream:
    """A stream of which one method calls moved(count) with the length of what it read or wrote."""

    def __init__(self, stream: Any, method: str, moved: Callable[[int], Any]) -> None:
        self._stream = stream
        function = getattr(stream, method)
        if method == "write":

            def wrapped(data: Any, *args: Any, **kwargs: Any) -> Any:
                result = function(data, *args, **kwargs)
                moved(len(data))
                return result

        else:

            def wrapped_read(*args: Any, **kwargs: Any) -> Any:
                data = function(*args, **kwargs)
                moved(len(data))
                return data

            wrapped = wrapped_read

        setattr(self, method, wrapped)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __iter__(self) -> Any:
        return iter(self._stream)


class Loop:
    """The drawer of a Track: draws the bar of a loop."""

    def __init__(self, bar: Any) -> None:
        self.bar = bar
        self.first = bar.n

    def __call__(self, count: int, is_over: bool) -> Optional[int]:
        bar = self.bar
        bar.n = self.first + count
        if is_over:
            bar.close()
        else:
            bar._draw_when_due()
        if bar.dynamic_miniters and bar.mininterval >= 0.1 and bar._time is time.time:
            return None  # Track calls after 50 ms
        return max(1, min(LOOK, int(bar.miniters - (bar.n - bar.last_print_n))))


class InOrder:
    """Compares bars by their positions."""

    __slots__ = ()
    pos: int

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, InOrder) and abs(self.pos) == abs(other.pos)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __lt__(self, other: InOrder) -> bool:
        return abs(self.pos) < abs(other.pos)

    def __le__(self, other: InOrder) -> bool:
        return abs(self.pos) <= abs(other.pos)

    def __gt__(self, other: InOrder) -> bool:
        return abs(self.pos) > abs(other.pos)

    def __ge__(self, other: InOrder) -> bool:
        return abs(self.pos) >= abs(other.pos)
