# SPDX-License-Identifier: BSD-3-Clause
"""Bars as text, in tqdm's form."""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
import warnings
from typing import Any, Dict, Optional, Union

Number = Union[int, float]


class TqdmWarning(Warning):
    """An argument is drawn differently from what it says."""


ASCII = " 123456789#"
BLOCKS = " " + "".join(chr(0x258F - i) for i in range(8))
BLANK = "  "
_COLOURS = {
    name: f"\x1b[{30 + i}m"
    for i, name in enumerate("BLACK RED GREEN YELLOW BLUE MAGENTA CYAN WHITE".split())
}
_ESCAPE = re.compile(r"\x1b\[[;\d]*[A-Za-z]")


def format_sizeof(num: Number, suffix: str = "", divisor: Number = 1000) -> str:
    """A number in three digits with k, M, G and so on."""
    for unit in ("", "k", "M", "G", "T", "P", "E", "Z"):
        if abs(num) < 999.5:
            digits = 2 if abs(num) < 9.995 else 1 if abs(num) < 99.95 else 0
            return f"{num:.{digits}f}{unit}{suffix}"
        num /= divisor
    return f"{num:3.1f}Y{suffix}"


def format_interval(t: Number) -> str:
    """Seconds as [h:]mm:ss."""
    minutes, seconds = divmod(int(t), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:d}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes:02d}:{seconds:02d}"


def format_num(n: Number) -> str:
    """The shorter of a number's plain and scientific notation."""
    short = f"{n:.3g}".replace("e+0", "e+").replace("e-0", "e-")
    return short if len(short) < len(str(n)) else str(n)


def width(text: str) -> int:
    """The columns that a text takes on a terminal."""
    if text.isascii() and "\x1b" not in text:
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "FW" else 1 for c in _ESCAPE.sub("", text))


def trim(text: str, columns: int) -> str:
    """Cut a text to so many columns, and reset colours at its end."""
    while width(text) > columns:
        text = text[:-1]
    return text + "\x1b[0m" if _ESCAPE.search(text) and not text.endswith("\x1b[0m") else text


class Bar:
    """A bar that fills the width a format asks for: {bar}, {bar:10}, {bar:-10b}."""

    def __init__(
        self,
        frac: float,
        columns: int = 10,
        charset: str = BLOCKS,
        colour: Optional[str] = None,
    ) -> None:
        if not 0 <= frac <= 1:
            warnings.warn("clamping frac to range [0, 1]", TqdmWarning, stacklevel=2)
        self.fraction: float = min(1.0, max(0.0, frac))
        self.columns = columns
        self.charset = charset
        self.escape: str = _colour(colour)

    def __format__(self, spec: str) -> str:
        charset, columns = self.charset, self.columns
        if spec:
            kinds = {"a": ASCII, "u": BLOCKS, "b": BLANK}
            if spec[-1].lower() in kinds:
                charset, spec = kinds[spec[-1].lower()], spec[:-1]
            if spec:
                columns = int(spec) + (self.columns if int(spec) < 0 else 0)
        steps = len(charset) - 1
        full, part = divmod(int(self.fraction * columns * steps), steps)
        text = charset[-1] * full
        if full < columns:
            text += charset[part] + charset[0] * (columns - full - 1)
        return f"{self.escape}{text}\x1b[0m" if self.escape else text


class _Room:
    """Takes the bar's place in a format, to measure the rest, and to see whether the format has a bar."""

    asked = False

    def __format__(self, spec: str) -> str:
        self.asked = True
        return ""


def _colour(colour: Optional[str]) -> str:
    if not colour:
        return ""
    if colour.upper() in _COLOURS:
        return _COLOURS[colour.upper()]
    if re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return f"\x1b[38;2;{red};{green};{blue}m"
    choices = ", ".join(_COLOURS)
    text = f"Unknown colour ({colour}); valid choices: [hex (#00ff00), {choices}]"
    warnings.warn(text, TqdmWarning, stacklevel=2)
    return ""


def _rates(rate: Optional[float], unit: str, scale: bool) -> Dict[str, str]:
    def text(value: Optional[float]) -> str:
        if not value:
            return "?"
        return format_sizeof(value) if scale else f"{value:5.2f}"

    inverse = 1 / rate if rate else None
    plain, inverted = f"{text(rate)}{unit}/s", f"{text(inverse)}s/{unit}"
    return {
        "rate_noinv_fmt": plain,
        "rate_inv_fmt": inverted,
        "rate_fmt": inverted if inverse and inverse > 1 else plain,
    }


def _time_of_end(left: float, is_known: bool) -> datetime.datetime:
    if not is_known:
        return datetime.datetime.fromtimestamp(0, datetime.timezone.utc)
    try:
        return datetime.datetime.now() + datetime.timedelta(seconds=left)
    except OverflowError:
        return datetime.datetime.max


def _fill(
    layout: str,
    values: Dict[str, Any],
    fraction: float,
    charset: str,
    colour: Optional[str],
    ncols: Optional[int],
) -> str:
    """The layout with its values, and with a bar that takes the columns that the rest leaves."""
    room = _Room()
    line = layout.format(bar=room, **values)
    if not room.asked:
        return line
    columns = max(1, ncols - width(line)) if ncols else 10
    line = layout.format(bar=Bar(fraction, columns, charset, colour), **values)
    return trim(line, ncols) if ncols else line


def format_meter(
    n: Number,
    total: Optional[Number],
    elapsed: float,
    ncols: Optional[int] = None,
    prefix: Optional[str] = "",
    ascii: Union[None, bool, str] = False,
    unit: str = "it",
    unit_scale: Union[bool, Number] = False,
    rate: Optional[float] = None,
    bar_format: Optional[str] = None,
    postfix: Any = None,
    unit_divisor: Number = 1000,
    initial: Number = 0,
    colour: Optional[str] = None,
    **extra: Any,
) -> str:
    """A bar with its texts, as one line."""
    if total and n >= total + 0.5:
        total = None  # the total was wrong
    if unit_scale and unit_scale not in (True, 1):
        total = total * unit_scale if total else total
        n *= unit_scale
        rate = rate * unit_scale if rate else rate
        unit_scale = False
    if rate is None and elapsed:
        rate = (n - initial) / elapsed
    scale = bool(unit_scale)

    def count(value: Optional[Number]) -> str:
        if value is None:
            return "?"
        return format_sizeof(value, divisor=unit_divisor) if scale else str(value)

    left = (total - n) / rate if rate and total else 0
    rates = _rates(rate, unit, scale)
    if isinstance(postfix, str) or postfix is None:
        after = f", {postfix}" if postfix else ""
    else:
        after = postfix
    n_fmt, total_fmt, spent = count(n), count(total), format_interval(elapsed)
    remaining = format_interval(left) if rate else "?"
    prefix = prefix or ""
    head = prefix if not prefix or prefix.endswith(": ") else prefix + ": "
    values = dict(
        extra,
        n=n,
        n_fmt=n_fmt,
        total=total,
        total_fmt=total_fmt,
        elapsed=spent,
        elapsed_s=elapsed,
        ncols=ncols,
        desc=prefix,
        unit=unit,
        rate=1 / rate if rate and rate < 1 else rate,
        rate_noinv=rate,
        rate_inv=1 / rate if rate else None,
        postfix=after,
        unit_divisor=unit_divisor,
        colour=colour,
        remaining=remaining,
        remaining_s=left,
        l_bar=head,
        r_bar=f"| {n_fmt}/{total_fmt} [{spent}<{remaining}, {rates['rate_fmt']}{after}]",
        eta=_time_of_end(left, bool(rate and total)),
        **rates,
    )
    if total:
        fraction = n / total
        values["percentage"] = fraction * 100
        values["l_bar"] = head + f"{fraction * 100:3.0f}%|"
        charset = ASCII if ascii is True else ascii or BLOCKS
        if ncols == 0:
            return str(values["l_bar"])[:-1] + str(values["r_bar"])[1:]
        layout = bar_format or "{l_bar}{bar}{r_bar}"
        if not prefix:
            layout = layout.replace("{desc}: ", "{desc}")
    elif bar_format:
        fraction, charset, layout = 0.0, BLANK, bar_format
        values["percentage"] = 0
        values["l_bar"] = head + "|"
    else:
        return f"{head}{n_fmt}{unit} [{spent}, {rates['rate_fmt']}{after}]"
    return _fill(layout, values, fraction, charset, colour, ncols)
