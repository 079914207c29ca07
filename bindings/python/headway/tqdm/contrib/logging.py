# SPDX-License-Identifier: BSD-3-Clause
"""Log lines above the bars.

    with logging_redirect_tqdm():
        for x in tqdm(items):
            logging.warning("this line and the bar do not mix")

The names that begin with _ are tqdm's, as its tests and some programs import them.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Optional, Sequence

from ..std import tqdm as _tqdm

__all__ = ["logging_redirect_tqdm", "tqdm_logging_redirect"]


if TYPE_CHECKING:
    _StreamHandler = logging.StreamHandler[Any]
else:
    _StreamHandler = logging.StreamHandler


class _TqdmLoggingHandler(_StreamHandler):
    """Writes log lines above the bars."""

    def __init__(self, tqdm_class: Any = _tqdm) -> None:
        super().__init__()
        self.tqdm_class = tqdm_class

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self.tqdm_class.write(self.format(record), file=self.stream)
            self.flush()
        except Exception:
            self.handleError(record)


def _is_console(handler: logging.Handler) -> bool:
    return isinstance(handler, logging.StreamHandler) and handler.stream in (sys.stdout, sys.stderr)


def _get_first_found_console_logging_handler(handlers: Iterable[logging.Handler]) -> Any:
    return next(filter(_is_console, handlers), None)


def _get_first_found_console_logging_formatter(handlers: Iterable[logging.Handler]) -> Any:
    handler = _get_first_found_console_logging_handler(handlers)
    return handler.formatter if handler else None


def _redirected(logger: logging.Logger, tqdm_class: Any) -> Sequence[logging.Handler]:
    """The handlers of the logger, with one that writes above the bars instead of those that write to a console."""
    new = _TqdmLoggingHandler(tqdm_class)
    console = _get_first_found_console_logging_handler(logger.handlers)
    if console is not None:
        new.setFormatter(console.formatter)
        new.setLevel(console.level)
        new.filters = list(console.filters)
        new.stream = console.stream
    return [*(each for each in logger.handlers if not _is_console(each)), new]


@contextlib.contextmanager
def logging_redirect_tqdm(
    loggers: Optional[Sequence[logging.Logger]] = None, tqdm_class: Any = _tqdm
) -> Iterator[None]:
    """In the block, what loggers write to a console is written above the bars; loggers: the root's by default."""
    chosen: Sequence[logging.Logger] = [logging.root] if loggers is None else loggers
    before = [(logger, logger.handlers) for logger in chosen]
    try:
        for logger in chosen:
            logger.handlers = list(_redirected(logger, tqdm_class))
        yield
    finally:
        for logger, handlers in before:
            logger.handlers = handlers


@contextlib.contextmanager
def tqdm_logging_redirect(
    *args: Any,
    loggers: Optional[Sequence[logging.Logger]] = None,
    tqdm_class: Any = _tqdm,
    **kwargs: Any,
) -> Iterator[Any]:
    """A bar, and logging_redirect_tqdm() while it is there."""
    with tqdm_class(*args, **kwargs) as bar, logging_redirect_tqdm(loggers, tqdm_class):
        yield bar
