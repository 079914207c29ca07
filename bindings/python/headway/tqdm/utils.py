# SPDX-License-Identifier: BSD-3-Clause
"""Streams that report what they read or write, and defaults of arguments from the environment."""

from __future__ import annotations

import ast
import inspect
import os
import warnings
from typing import Any, Callable, Dict, Optional, TypeVar

from ._parts import CountedStream

F = TypeVar("F", bound=Callable[..., Any])

__all__ = ["CallbackIOWrapper", "envwrap"]

_FLAGS = {"": False, "0": False, "false": False, "no": False, "off": False}
_FLAGS.update({"1": True, "true": True, "yes": True, "on": True})


class CallbackIOWrapper(CountedStream):
    """A stream of which read() or write() calls callback(count) with the length of what it read or wrote."""

    def __init__(self, callback: Callable[[int], Any], stream: Any, method: str = "read") -> None:
        if method not in ("read", "write"):
            raise KeyError("the methods are read and write")
        super().__init__(stream, method, callback)


def number(text: str) -> Any:
    """An int where the text is one, else a float."""
    try:
        return int(text)
    except ValueError:
        return float(text)


def flag(text: str) -> Any:
    """True for 1, true, yes and on; False for 0, false, no, off and nothing; else a number."""
    return _FLAGS[text.lower()] if text.lower() in _FLAGS else number(text)


def flag_or_text(text: str) -> Any:
    """As flag(), but a text where it is none."""
    return _FLAGS.get(text.lower(), text)


def _reader(parameter: inspect.Parameter) -> Optional[Callable[[str], Any]]:
    """Makes a value of the parameter from a text: by its annotation, else by the type of its default."""
    typed = isinstance(parameter.annotation, type) and parameter.annotation is not parameter.empty
    kind: Any = parameter.annotation if typed else type(parameter.default)
    return flag if kind is bool else None if kind is type(None) else kind


def envwrap(
    prefix: str,
    types: Optional[Dict[str, Callable[[str], Any]]] = None,
    is_method: bool = False,
    literal_eval: bool = False,
    case_sensitive: bool = False,
) -> Callable[[F], F]:
    """A decorator that takes defaults of the function's arguments from the environment, now.

    With prefix "TQDM_", TQDM_NCOLS=80 gives ncols the default 80.  types: what makes a value of each argument
    from a text; by default its annotation, if that is a type, or the type of its default.  literal_eval: the
    texts are Python.  is_method is ignored.  A text that gives no value is warned of, and the default stays.
    """
    found = {name[len(prefix) :]: text for name, text in os.environ.items() if name.startswith(prefix)}
    if not case_sensitive:
        found = {name.lower(): text for name, text in found.items()}

    def value(name: str, parameter: inspect.Parameter) -> Any:
        text = found.get(name if case_sensitive else name.lower())
        read: Any = ast.literal_eval if literal_eval else (types or {}).get(name) or _reader(parameter)
        if text is None or read is None:
            return parameter.default
        try:
            return read(text)
        except (ValueError, SyntaxError, TypeError):
            warnings.warn(f"{prefix}{name.upper()}: {text!r} is no value of it", RuntimeWarning, stacklevel=3)
            return parameter.default

    def wrap(function: F) -> F:
        every = inspect.signature(function).parameters.values()
        optional = [each for each in every if each.default is not each.empty and each.kind is not each.KEYWORD_ONLY]
        changed: Any = function
        changed.__defaults__ = tuple(value(each.name, each) for each in optional)
        return function

    return wrap
