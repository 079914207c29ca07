# SPDX-License-Identifier: BSD-3-Clause
"""The class of the bars."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import weakref
from typing import Any, Dict, Generic, Iterable, Iterator, List, NoReturn, Optional, TypeVar
from typing import Union, overload

from .. import _headway
from .._arena import Arena, start
from .._bar import length_of
from .._block import Block, is_failure
from .._record import Record, text_of
from . import _meter
from ._parts import (
    EMA,
    LOOK,
    ByteFile,
    CountedStream,
    Formats,
    InOrder,
    Loop,
    TqdmDeprecationWarning,
    TqdmKeyError,
    TqdmTypeError,
    is_integral,
    needs_ascii,
)
from .utils import envwrap, flag, flag_or_text, number

T = TypeVar("T")
Number = Union[int, float]

__all__ = [
    "Bar",
    "EMA",
    "TqdmDeprecationWarning",
    "TqdmKeyError",
    "TqdmTypeError",
    "TqdmWarning",
    "tqdm",
    "trange",
]

# What makes arguments of texts in the environment, where the type of the default does not.
_KINDS: Dict[str, Any] = {
    "total": number,
    "ncols": int,
    "nrows": int,
    "position": int,
    "miniters": number,
    "mininterval": number,
    "maxinterval": number,
    "smoothing": number,
    "delay": number,
    "initial": number,
    "unit_divisor": number,
    "unit_scale": flag,
    "ascii": flag_or_text,
    "desc": str,
    "bar_format": str,
    "colour": str,
}

Bar = _meter.Bar
TqdmWarning = _meter.TqdmWarning


class tqdm(Block, Formats, InOrder, Generic[T]):
    """An iterable with a bar and a record, or a bar that is moved by update()."""

    # The attributes that update() needs are slots, which are faster.  _add: the record's add(), until the bar
    # is closed.  _due: the n from which on update() reads the clock.
    __slots__ = ("n", "_add", "_due", "__dict__", "__weakref__")
    n: Number
    _add: Any
    _due: Number

    iterable: Optional[Iterable[T]]
    desc: str
    total: Optional[Number]
    leave: Optional[bool]
    disable: bool
    pos: int
    unit: str
    unit_scale: Union[bool, Number]
    unit_divisor: Number
    mininterval: float
    maxinterval: float
    dynamic_miniters: bool
    smoothing: float
    bar_format: Optional[str]
    initial: Number
    ascii: Union[bool, str]
    ncols: Optional[int]
    nrows: Optional[int]
    dynamic_ncols: Any
    colour: Optional[str]
    delay: float
    lock_args: Any
    start_t: float
    last_print_t: float
    _ema_dn: EMA
    _ema_dt: EMA
    _ema_miniters: EMA

    monitor_interval: float = 10
    monitor: None = None
    _lock: Any = threading.RLock()
    _instances: "weakref.WeakSet[tqdm[Any]]" = weakref.WeakSet()
    _time: Any = staticmethod(time.time)
    _gui: bool = False
    _miniters: Number = 0
    _last_print_n: Number = 0

    @overload
    def __init__(
        self: tqdm[NoReturn],
        iterable: None = None,
        desc: Optional[str] = None,
        total: Optional[Number] = None,
        leave: Optional[bool] = True,
        file: Any = None,
        ncols: Optional[int] = None,
        **kwargs: Any,
    ) -> None: ...

    @overload
    def __init__(
        self,
        iterable: Iterable[T],
        desc: Optional[str] = None,
        total: Optional[Number] = None,
        leave: Optional[bool] = True,
        file: Any = None,
        ncols: Optional[int] = None,
        **kwargs: Any,
    ) -> None: ...

    @envwrap("TQDM_", _KINDS)
    def __init__(
        self,
        iterable: Optional[Iterable[T]] = None,
        desc: Optional[str] = None,
        total: Optional[Number] = None,
        leave: Optional[bool] = True,
        file: Any = None,
        ncols: Optional[int] = None,
        mininterval: float = 0.1,
        maxinterval: float = 10.0,
        miniters: Optional[Number] = None,
        ascii: Union[None, bool, str] = None,
        disable: Optional[bool] = False,
        unit: str = "it",
        unit_scale: Union[bool, Number] = False,
        dynamic_ncols: Any = False,
        smoothing: float = 0.3,
        bar_format: Optional[str] = None,
        initial: Number = 0,
        position: Optional[int] = None,
        postfix: Any = None,
        unit_divisor: Number = 1000,
        write_bytes: Optional[bool] = False,
        lock_args: Any = None,
        nrows: Optional[int] = None,
        colour: Optional[str] = None,
        delay: float = 0,
        gui: bool = False,
        _arena: Optional[Arena] = None,
        _how: Optional[Dict[str, Any]] = None,
        **kwargs: Any,
    ) -> None:
        self.disable = True  # so that close() does nothing if this constructor raises
        self.pos = 0
        self.n = initial
        self.record: Optional[Record] = None
        self._add = None
        if kwargs:
            if "nested" in kwargs:
                raise TqdmDeprecationWarning(
                    "`nested` is deprecated and automated.\n"
                    "Use `position` instead for manual control.\n",
                    getattr(file or sys.stderr, "write", None),
                )
            raise TqdmKeyError(f"Unknown argument(s): {kwargs}")
        self.iterable = iterable
        self.fp: Any = sys.stderr if file is None else file
        if write_bytes:
            self.fp = ByteFile(self.fp)
        if total is None and iterable is not None:
            with contextlib.suppress(TypeError, AttributeError):
                total = len(iterable)  # type: ignore[arg-type]
        self.total = None if total == float("inf") else total
        self.leave = leave
        self.desc = desc or ""
        self.unit, self.unit_scale, self.unit_divisor = unit, unit_scale, unit_divisor
        self.mininterval, self.maxinterval = mininterval or 0, maxinterval or 0
        self.dynamic_miniters = miniters is None
        self.miniters = miniters or 0
        self.smoothing, self.bar_format, self.initial = smoothing or 0, bar_format, initial
        self.colour, self.delay, self.lock_args = colour, delay, lock_args
        self.ascii = needs_ascii(self.fp) if ascii is None else ascii
        self.ncols, self.nrows, self.dynamic_ncols = ncols, nrows, dynamic_ncols
        self.postfix: Any = None
        self.last_print_n = initial
        self._reset_rates()
        self._printed = 0
        self._exit: Optional[BaseException] = None
        self._gui = gui
        if disable or gui:
            return
        self._start_record(desc, _arena, _how)
        if disable is None and not (hasattr(self.fp, "isatty") and self.fp.isatty()):
            self.miniters = float("inf")
            return  # a record without a bar
        self.disable = False
        std = (sys.stderr, sys.stdout)
        if ((ncols is None or nrows is None) and self.fp in std) or dynamic_ncols:
            self._measure()
        if postfix:
            try:
                self.set_postfix(refresh=False, **postfix)
            except TypeError:
                self.postfix = postfix
        with self.get_lock():
            self.pos = self._free_position() if position is None else -position
            self._instances.add(self)
            if delay <= 0:
                self.refresh(lock_args=lock_args)
        self.last_print_t = self.start_t = self._time()

    # ---- the record ------------------------------------------------------------------------------

    def _start_record(
        self, desc: Optional[str], arena: Optional[Arena], how: Optional[Dict[str, Any]]
    ) -> None:
        total = self.total if self.total and is_integral(self.total) else None
        unit = "" if self.unit == "it" else self.unit.strip()
        try:
            self.record = start(
                desc or "", int(total) if total else None, unit, arena=arena, **(how or {})
            )
            self._add = self.record.add
            if self.initial >= 1:
                self.record.done = int(self.initial)
        except OSError:
            if arena is not None or how is not None:
                raise

    def _end_record(self) -> None:
        record = self.record
        if record is None or record._released:
            return
        with contextlib.suppress(OSError):
            if record._ends_here and record.status == _headway.RUNNING:
                if self._exit is None:
                    record.finish()
                else:
                    record.error(text_of(self._exit).replace("\0", "\ufffd"))

    def _set_done(self) -> None:
        """Set done instead of adding to it, after a step that is a fraction or negative."""
        if self.record is not None:
            with contextlib.suppress(OSError, OverflowError, ValueError):
                self.record.done = max(0, int(self.n))

    def _repr_html_(self) -> str:
        if self.record is None:
            return f"<pre>{self}</pre>"
        return self.record._repr_html_()

    # ---- loops -----------------------------------------------------------------------------------

    def __iter__(self) -> _headway.Track[T]:
        if self.iterable is None:
            raise TypeError("tqdm without an iterable cannot be iterated over")
        if self.disable:
            self._refuse_gui()
            return _headway.Track(self.iterable, self.record, None)
        return _headway.Track(self.iterable, self.record, Loop(self))

    def update(self, n: Number = 1) -> Optional[bool]:
        """Move the bar by n; return True if it was drawn."""
        add = self._add
        if add is None:
            return self._update_bar(n)
        self.n = now = self.n + n
        try:
            add(n)
        except (OSError, OverflowError, TypeError):  # a fraction or a negative number
            self._set_done()
            if n < 0:
                self.last_print_n += n
        if now < self._due:
            return None
        drawn = self._draw_when_due()
        due, look = self._last_print_n + self._miniters, now + LOOK * n
        self._due = due if due < look else look
        return drawn

    def _update_bar(self, n: Number) -> Optional[bool]:
        if self.disable:
            self._refuse_gui()
            return None
        self.n += n
        if n < 0:
            self.last_print_n += n
        return self._draw_when_due()

    @property
    def miniters(self) -> Number:
        """Steps after which update() reads the clock."""
        return self._miniters

    @miniters.setter
    def miniters(self, steps: Number) -> None:
        self._miniters = steps
        self._due = self._last_print_n + steps

    @property
    def last_print_n(self) -> Number:
        """The value of n when the bar was last drawn."""
        return self._last_print_n

    @last_print_n.setter
    def last_print_n(self, n: Number) -> None:
        self._last_print_n = n
        self._due = n + self._miniters

    def _draw_when_due(self) -> Optional[bool]:
        if self.disable:
            return None
        now = self._time()
        passed = now - self.last_print_t
        if self.maxinterval and self.monitor_interval and passed >= self.maxinterval:
            self.miniters = min(self.miniters, 1)  # the steps have become slow
            self._ema_miniters = EMA(self.smoothing)
        if self.n - self.last_print_n < self.miniters:
            return None
        if passed < self.mininterval or now < self.start_t + self.delay:
            return None
        more = self.n - self.last_print_n
        if self.smoothing and passed and more:
            self._ema_dn(more)
            self._ema_dt(passed)
        self.refresh(lock_args=self.lock_args)
        if self.dynamic_miniters:
            self._adapt(more, passed)
        self.last_print_n, self.last_print_t = self.n, now
        return True

    def _adapt(self, more: Number, passed: float) -> None:
        """Set miniters to the steps that are expected to take a mininterval."""
        if self.maxinterval and passed >= self.maxinterval:
            self.miniters = more * (self.mininterval or self.maxinterval) / passed
        elif self.smoothing:
            factor = self.mininterval / passed if self.mininterval and passed else 1
            self.miniters = self._ema_miniters(more * factor)
        else:
            self.miniters = max(self.miniters, more)

    # ---- the bar ---------------------------------------------------------------------------------

    def _reset_rates(self) -> None:
        self._ema_dn, self._ema_dt, self._ema_miniters = (
            EMA(self.smoothing) for _ in range(3)
        )

    def _measure(self) -> None:
        """Get the terminal's size, where it was not given or may change."""
        columns: Optional[int] = None
        lines: Optional[int] = None
        try:
            columns, lines = os.get_terminal_size(self.fp.fileno())
        except (OSError, ValueError, AttributeError):
            with contextlib.suppress(KeyError, ValueError):
                columns = int(os.environ["COLUMNS"])
        if self.ncols is None or self.dynamic_ncols:
            self.ncols = columns or None
        if self.nrows is None or self.dynamic_ncols:
            self.nrows = lines or None

    def _free_position(self) -> int:
        taken = {abs(bar.pos) for bar in self._instances if bar is not self}
        return min(set(range(len(taken) + 1)) - taken)

    def _give_up_position(self) -> None:
        """Give this bar's position to one that is hidden for lack of rows."""
        self._instances.discard(self)
        last = (self.nrows or 20) - 1
        hidden = [bar for bar in self._instances if bar.pos >= last]
        if hidden:
            first = min(hidden, key=lambda bar: bar.pos)
            first.clear(nolock=True)
            first.pos = abs(self.pos)

    @property
    def format_dict(self) -> Dict[str, Any]:
        """The values that bar_format may use."""
        if self.dynamic_ncols:
            self._measure()
        rate = self._ema_dn() / self._ema_dt() if self._ema_dt() else None
        return {
            "n": self.n,
            "total": self.total,
            "elapsed": self._time() - self.start_t if hasattr(self, "start_t") else 0,
            "ncols": self.ncols,
            "nrows": self.nrows,
            "prefix": self.desc,
            "ascii": self.ascii,
            "unit": self.unit,
            "unit_scale": self.unit_scale,
            "rate": rate,
            "bar_format": self.bar_format,
            "postfix": self.postfix,
            "unit_divisor": self.unit_divisor,
            "initial": self.initial,
            "colour": self.colour,
        }

    def __str__(self) -> str:
        return self.format_meter(**self.format_dict)

    def _write(self, text: str) -> None:
        # A closed pipe or file must not stop the work.
        with contextlib.suppress(OSError, ValueError):
            self.fp.write(text)
            flush = getattr(self.fp, "flush", None)
            if flush:
                flush()

    def _refuse_gui(self) -> None:
        """As tqdm, refuse to move a bar of gui=True."""
        if self._gui:
            text = "Please use `tqdm.gui.tqdm(...)` instead of `tqdm(..., gui=True)`\n"
            raise TqdmDeprecationWarning(text, getattr(self.fp, "write", None))

    @property
    def sp(self) -> Any:
        """sp(text) draws a text over the one before."""
        if self._gui:
            raise AttributeError("sp")
        return self._draw_text

    def _draw_text(self, text: str) -> None:
        columns = _meter.width(text)
        self._write("\r" + text + " " * max(self._printed - columns, 0))
        self._printed = columns

    @staticmethod
    def status_printer(file: Any) -> Any:
        """A function that draws texts on one line of a file, each over the one before."""
        bar = tqdm.__new__(tqdm)
        bar.fp, bar._printed, bar.disable, bar.record = file, 0, True, None
        return bar.sp

    def moveto(self, n: int) -> None:
        self._write("\n" * n + "\x1b[A" * -n)

    def display(self, msg: Optional[str] = None, pos: Optional[int] = None) -> bool:
        """Draw the bar, or a text in its place."""
        pos = abs(self.pos) if pos is None else pos
        rows = self.nrows or 20
        if pos >= rows - 1:
            if pos >= rows:
                return False
            if msg or msg is None:
                msg = " ... (more hidden) ..."
        if pos:
            self.moveto(pos)
        self.sp(str(self) if msg is None else msg)
        if pos:
            self.moveto(-pos)
        return True

    def refresh(self, nolock: bool = False, lock_args: Any = None) -> bool:
        """Draw the bar now."""
        if self.disable:
            return False
        if nolock:
            return self.display()
        lock = self.get_lock()
        if not lock.acquire(*(lock_args or ())):
            return False
        try:
            return self.display()
        finally:
            lock.release()

    def clear(self, nolock: bool = False) -> None:
        """Take the bar off the screen."""
        if self.disable:
            return
        with contextlib.nullcontext() if nolock else self.get_lock():
            pos = abs(self.pos)
            if pos < (self.nrows or 20):
                self.moveto(pos)
                self.sp("")
                self._write("\r")
                self.moveto(-pos)

    def close(self) -> None:
        """End the record, and leave the bar on the screen or remove it, as leave says."""
        self._end_record()
        self._add = None
        if self.disable:
            return
        self.disable = True
        with self.get_lock():
            pos = abs(self.pos)
            self._give_up_position()
            if self.last_print_t < self.start_t + self.delay:
                return  # it was never drawn
            leave = pos == 0 if self.leave is None else self.leave
            if leave:
                self._ema_dt = EMA(0)  # the average of all
                self.display(pos=0)
                self._write("\n")
            elif self.display(msg="", pos=pos) and not pos:
                self._write("\r")

    def reset(self, total: Optional[Number] = None) -> None:
        """Start the bar again from 0, and the record if it is Running."""
        self.n = 0
        if total is not None:
            self.total = total
        if self.record is not None:
            with contextlib.suppress(OSError, OverflowError):
                self.record.done = 0
                if total is not None and is_integral(total):
                    self.record.total = int(total)
        if self.disable:
            return
        self.last_print_n = 0
        self.last_print_t = self.start_t = self._time()
        self._reset_rates()
        self.refresh()

    def unpause(self) -> None:
        """Exclude the time since the bar was last drawn from the elapsed time."""
        if self.disable:
            return
        now = self._time()
        self.start_t += now - self.last_print_t
        self.last_print_t = now

    # ---- texts -----------------------------------------------------------------------------------

    def _say(self, key: str, value: str) -> None:
        if self.record is not None:
            with contextlib.suppress(OSError):
                self.record.message(key, value.replace("\0", "\ufffd"))

    def set_description(self, desc: Optional[str] = None, refresh: bool = True) -> None:
        self.set_description_str(desc + ": " if desc else "", refresh)

    def set_description_str(self, desc: Optional[str] = None, refresh: bool = True) -> None:
        self.desc = desc or ""
        self._say("Description", self.desc[:-2] if self.desc.endswith(": ") else self.desc)
        if refresh:
            self.refresh()

    def set_postfix(self, ordered_dict: Any = None, refresh: bool = True, **kwargs: Any) -> None:
        values: Dict[str, Any] = dict(ordered_dict or {})
        for key in sorted(kwargs):
            values[key] = kwargs[key]
        for key, value in values.items():
            if isinstance(value, (int, float)):
                values[key] = self.format_num(value)
            elif not isinstance(value, str):
                values[key] = str(value)
        self.set_postfix_str(", ".join(f"{k}={v.strip()}" for k, v in values.items()), refresh)

    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None:
        self.postfix = str(s)
        self._say("Postfix", self.postfix)
        if refresh:
            self.refresh()

    @classmethod
    def write(cls, s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Write a line above the bars."""
        fp = sys.stdout if file is None else file
        with cls.external_write_mode(file=file, nolock=nolock):
            fp.write(s)
            fp.write(end)

    @classmethod
    def print(cls, *objects: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
        """Print above the bars."""
        cls.write(sep.join(map(str, objects)), file=file, end=end)

    @classmethod
    @contextlib.contextmanager
    def external_write_mode(cls, file: Any = None, nolock: bool = False) -> Iterator[None]:
        """Clear the bars on the same screen while something else is written."""
        fp = sys.stdout if file is None else file
        std = (sys.stdout, sys.stderr)
        with contextlib.nullcontext() if nolock else cls.get_lock():
            cleared: List[tqdm[Any]] = [
                bar
                for bar in sorted(cls._instances, key=lambda bar: abs(bar.pos))
                if hasattr(bar, "start_t") and (bar.fp is fp or (bar.fp in std and fp in std))
            ]
            for bar in cleared:
                bar.clear(nolock=True)
            yield
            for bar in cleared:
                bar.refresh(nolock=True)

    @classmethod
    def get_lock(cls) -> Any:
        """A lock of threads, unless set_lock() set another one."""
        if not hasattr(cls, "_lock"):
            cls._lock = threading.RLock()
        return cls._lock

    @classmethod
    def set_lock(cls, lock: Any) -> None:
        cls._lock = lock

    @classmethod
    @contextlib.contextmanager
    def wrapattr(
        cls,
        stream: Any,
        method: str,
        total: Optional[Number] = None,
        bytes: bool = True,
        **tqdm_kwargs: Any,
    ) -> Iterator[Any]:
        """A stream whose reads or writes move a bar."""
        if bytes:
            tqdm_kwargs = {"unit": "B", "unit_scale": True, "unit_divisor": 1024, **tqdm_kwargs}
        with cls(total=total, **tqdm_kwargs) as bar:
            yield CountedStream(stream, method, bar.update)

    # ---- as an object ------------------------------------------------------------------------------

    def __len__(self) -> int:
        if self.iterable is None:
            return int(self.total or 0)
        length = length_of(self.iterable)
        if length is None:
            length = self.total if isinstance(self.total, int) else None
        if length is None:
            raise TypeError("the iterable has no len(), and there is no total")
        return length

    def __bool__(self) -> bool:
        if self.total is not None:
            return self.total > 0
        if self.iterable is None:
            raise TypeError("bool() of a tqdm without total and iterable")
        return bool(self.iterable)

    def __contains__(self, item: object) -> bool:
        contains = getattr(self.iterable, "__contains__", None)
        return bool(contains(item)) if contains else any(each == item for each in self)

    def __reversed__(self) -> Iterator[T]:
        original = self.iterable
        try:
            self.iterable = reversed(original)  # type: ignore[call-overload]
            return self.__iter__()
        finally:
            self.iterable = original

    def __enter__(self) -> tqdm[T]:
        return self

    def _end(self, error: Optional[BaseException]) -> None:
        if is_failure(error):
            self._exit = error
        with contextlib.suppress(AttributeError):
            self.close()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self.close()


def trange(*args: Any, **kwargs: Any) -> tqdm[int]:
    """tqdm(range(*args), **kwargs)"""
    return tqdm(range(*args), **kwargs)


def _after_fork() -> None:
    """In a forked child, replace the lock, which another thread of the parent may have held."""
    tqdm._lock = threading.RLock()
    tqdm._instances = weakref.WeakSet()


os.register_at_fork(after_in_child=_after_fork)
