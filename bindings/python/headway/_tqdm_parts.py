# SPDX-License-Identifier: BSD-3-Clause
"""Parts of headway.tqdm: exceptions, the average, streams."""

from __future__ import annotations

import time
from typing import Any, Optional, Union

from . import _meter

Number = Union[int, float]


class TqdmTypeError(TypeError):
    """An argument of the wrong type."""


class TqdmKeyError(KeyError):
    """An unknown argument."""


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
    """A stream of which one method moves a bar by what it reads or writes."""

    def __init__(self, stream: Any, method: str, bar: Any) -> None:
        self._stream = stream
        function = getattr(stream, method)
        if method == "write":

            def wrapped(data: Any, *args: Any, **kwargs: Any) -> Any:
                result = function(data, *args, **kwargs)
                bar.update(len(data))
                return result

        else:

            def wrapped_read(*args: Any, **kwargs: Any) -> Any:
                data = function(*args, **kwargs)
                bar.update(len(data))
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
            return None  # Track chooses the steps so that it reads the clock every 50 ms
        return max(1, int(bar.miniters - (bar.n - bar.last_print_n)))
