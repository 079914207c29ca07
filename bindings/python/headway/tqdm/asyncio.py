# SPDX-License-Identifier: BSD-3-Clause
"""Bars of `async for`, gather() and as_completed()."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Iterator, List, Optional, TypeVar

from .std import Number
from .std import tqdm as _tqdm

T = TypeVar("T")

__all__ = ["tarange", "tqdm", "tqdm_asyncio", "trange"]


class tqdm_asyncio(_tqdm[T]):
    """A bar that `async for` can iterate over, too; what is iterated over may be asynchronous or not.

    Unlike the step of a `for` loop, one of `async for` is counted when its item comes.
    """

    _items: Any = None

    def __aiter__(self) -> tqdm_asyncio[T]:
        items: Any = self.iterable
        if items is None:
            raise TypeError("tqdm without an iterable cannot be iterated over")
        self._items = items.__aiter__() if hasattr(items, "__aiter__") else iter(items)
        return self

    async def __anext__(self) -> T:
        items = self._items
        try:
            item: T = await items.__anext__() if hasattr(items, "__anext__") else next(items)
        except (StopIteration, StopAsyncIteration):
            self.close()
            raise StopAsyncIteration from None
        except BaseException as error:
            self._end(error)
            raise
        self.update()
        return item

    def send(self, *args: Any) -> Any:
        """send() of the generator that is iterated over."""
        return self._items.send(*args)

    @classmethod
    def as_completed(
        cls,
        fs: Any,
        *,
        loop: Any = None,
        timeout: Optional[float] = None,
        total: Optional[Number] = None,
        **tqdm_kwargs: Any,
    ) -> Iterator[Any]:
        """asyncio.as_completed() with a bar; loop is ignored, as Python has it no more."""
        awaitables = list(fs)
        done: Any = asyncio.as_completed(awaitables, timeout=timeout)
        total = len(awaitables) if total is None else total
        bar: tqdm_asyncio[Any] = cls(done, total=total, **tqdm_kwargs)
        yield from bar

    @classmethod
    async def gather(
        cls,
        *fs: Awaitable[Any],
        loop: Any = None,
        timeout: Optional[float] = None,
        total: Optional[Number] = None,
        return_exceptions: bool = False,
        **tqdm_kwargs: Any,
    ) -> List[Any]:
        """asyncio.gather() with a bar that moves at each result; loop is ignored.

        Raises asyncio.TimeoutError after timeout seconds.
        """
        bar: tqdm_asyncio[Any] = cls(total=len(fs) if total is None else total, **tqdm_kwargs)
        with bar:
            futures = [asyncio.ensure_future(each) for each in fs]
            for future in futures:
                future.add_done_callback(lambda _: bar.update())
            every = asyncio.gather(*futures, return_exceptions=return_exceptions)
            return list(await asyncio.wait_for(every, timeout))


def tarange(*args: Any, **kwargs: Any) -> tqdm_asyncio[int]:
    """tqdm_asyncio(range(*args), **kwargs)"""
    return tqdm_asyncio(range(*args), **kwargs)


tqdm = tqdm_asyncio
trange = tarange
