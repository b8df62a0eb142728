"""How far a pass over all image files is, told to whoever shows it: 50,000 JPEGs are decoded for 20 s and more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TypeVar

QUIET = 1.0
"""Seconds of a pass before anything is told of it: a small folder is read before anybody could read a line."""

PAUSE = 0.25
"""Seconds between two of what is told."""

Item = TypeVar("Item")


@dataclass(frozen=True)
class Headway:
    """How far a pass is: ``done`` of ``total`` images after ``seconds``. ``doing`` says what is done: `decoding`."""

    doing: str
    done: int
    total: int
    seconds: float

    @property
    def left(self) -> float:
        """Seconds that the rest will take at this speed; at least one image is done."""
        return self.seconds * (self.total - self.done) / self.done


Listener = Callable[[Headway], None]

# Of the context, not an argument: the passes are behind every data set's own way to be decoded, plugins' included.
_listener: ContextVar[Listener | None] = ContextVar("headway", default=None)


@contextmanager
def watched(listener: Listener) -> Iterator[None]:
    """Tell a listener of the passes that begin while this is entered, on this thread.

    Args:
        listener: hears of no pass that is over within `QUIET`; of any other again and again, at last with all done.
    """
    before = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(before)


def followed(
    items: Iterable[Item], doing: str, total: int, *, clock: Callable[[], float] = time.monotonic
) -> Iterator[Item]:
    """Yield the items of a pass, one an image, and tell how far it is.

    Args:
        items: in any order.
        doing: what is done: `decoding`.
        total: how many there are.
        clock: monotonic, in seconds.
    """
    listener = _listener.get()
    if listener is None:
        yield from items
        return
    began = clock()
    due = began + QUIET
    for done, item in enumerate(items, start=1):
        now = clock()
        if now >= due or (done == total and due > began + QUIET):
            listener(Headway(doing, done, total, now - began))
            due = now + PAUSE
        yield item
