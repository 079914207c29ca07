# SPDX-License-Identifier: BSD-3-Clause
"""Bars as HTML in the cells of a notebook, and as text elsewhere."""

from __future__ import annotations

import html
import re
import sys
from typing import Any, Dict, Optional, TypeVar

from .asyncio import tqdm_asyncio

T = TypeVar("T")

__all__ = ["tnrange", "tqdm", "tqdm_notebook", "trange"]

_BAR = re.compile(r"\{bar(?:[:!][^}]*)?\}")


def _notebook() -> Any:
    """IPython, where it runs in the kernel of a notebook; else None."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return ipython if getattr(shell, "kernel", None) is not None else None


class tqdm_notebook(tqdm_asyncio[T]):
    """A bar that is HTML in a notebook, unless file is given, and text elsewhere."""

    _shown: Any = None  # IPython's handle of what it displays of the bar

    def _html(self) -> str:
        if not self.total:
            return html.escape(str(self))
        layout = self.bar_format or "{l_bar}{bar}{r_bar}"
        how: Dict[str, Any] = {**self.format_dict, "ncols": None}
        texts = [self.format_meter(**dict(how, bar_format=part)) for part in _BAR.split(layout, maxsplit=1)]
        parts = [html.escape(text.strip("|")) for text in texts]
        if len(parts) == 1:
            return parts[0]
        style = f' style="accent-color: {html.escape(self.colour)}"' if self.colour else ""
        done = max(0, min(self.n, self.total))
        return f'{parts[0]} <progress value="{done}" max="{self.total}"{style}></progress> {parts[1]}'

    def display(self, msg: Optional[str] = None, pos: Optional[int] = None) -> bool:
        notebook = _notebook()
        if self._shown is None and (notebook is None or self.fp not in (sys.stderr, sys.stdout)):
            return super().display(msg, pos)
        inner = self._html() if msg is None else html.escape(msg)
        data: Dict[str, str] = {
            "text/html": f'<div style="font-family: monospace">{inner}</div>' if inner else "",
            "text/plain": str(self) if msg is None else msg,
        }
        if self._shown is None:
            self._shown = notebook.display.display(data, raw=True, display_id=True)
        else:
            self._shown.update(data, raw=True)
        return True

    def _write(self, text: str) -> None:
        if self._shown is None:
            super()._write(text)

    def clear(self, nolock: bool = False) -> None:
        if self._shown is None:  # what is written in a notebook does not come in its way
            super().clear(nolock)


def tnrange(*args: Any, **kwargs: Any) -> tqdm_notebook[int]:
    """tqdm_notebook(range(*args), **kwargs)"""
    return tqdm_notebook(range(*args), **kwargs)


tqdm = tqdm_notebook
trange = tnrange
