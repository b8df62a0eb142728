"""One event file as far as it is read: the place where the next look begins, and what was wrong on the way."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from search.runs.logs.session import Session
from search.runs.logs.store import Look

MARK = 16
"""Bytes before the place where reading stopped; where they differ, another file has taken this one's place."""

BLOCK = 2**22
"""Bytes that are read at once, at most, but for a longer record."""

LARGEST_READ = 2**26
"""Bytes of a record that is read at all: a longer one holds pictures or a graph, and is passed over."""

UNREAD = Look(-1, 0)

MOST_DAMAGE = 20
"""Damaged places of one file that are named; more are counted."""

NAME = re.compile(r"tfevents\.\d+\.(?P<host>.+?)(\.\d+\.\d+)?(\.v2|\.end)?$")
"""How TensorBoard, PyTorch, TensorFlow, tensorboardX and our own writer call their files."""


@dataclass
class EventFile:
    """An event file that grows.

    Args:
        path: relative to the root of the logs, with '/'.
        number: of this file in the cube.

    ``look`` is the file as last read, to its ``offset``; ``astray``: there the framing is lost. ``first`` and
    ``last`` are the times of its earliest and latest value, seconds since 1970; ``step`` is its highest one.
    ``restarts`` are the steps at which it begins again.
    """

    path: str
    number: int
    look: Look = UNREAD
    offset: int = 0
    mark: bytes = b""
    astray: bool = False
    damage: list[str] = field(default_factory=list)
    damaged: int = 0
    session: Session = field(default_factory=Session)
    first: float = np.inf
    last: float = -np.inf
    step: int = -1
    restarts: list[int] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """The name of the run that it belongs to, as TensorBoard names it: its folder; '.' for the root."""
        return self.path.rpartition("/")[0] or "."

    @property
    def host(self) -> str:
        """The machine that wrote it, as far as its name says: events.out.tfevents.<seconds>.<host>…"""
        found = NAME.search(self.path)
        return found["host"] if found else ""

    @property
    def torn(self) -> bool:
        """Whether it ends within a record, which its writer may still complete."""
        return self.offset < self.look.size

    def replaced(self, look: Look) -> bool:
        """Tell whether another file has its name now, or it has shrunk."""
        return self.look.size >= 0 and (look.size < self.look.size or look.identity != self.look.identity)

    def stretch(self, size: int, wanted: int = 0) -> tuple[str, int, int]:
        """Return what is to be read next: path, offset, bytes; `MARK` bytes of it are known already.

        Args:
            size: of the file.
            wanted: bytes that the next record is known to need.
        """
        begin = self.offset - len(self.mark)
        return self.path, begin, len(self.mark) + min(size - self.offset, max(BLOCK, wanted))

    def advance(self, data: bytes, used: int) -> None:
        """Note that so many bytes of what was read behind the offset are done with."""
        self.mark = (self.mark + data[:used])[-MARK:]
        self.offset += used

    def pass_over(self, length: int) -> None:
        """Leave out a record that is too long."""
        self.note(f"record of {length} bytes, too long to be a scalar and left out, at byte {self.offset}")
        self.offset += length
        self.mark = b""

    def note(self, what: str) -> None:
        """Remember what is wrong with the file."""
        self.damaged += 1
        if len(self.damage) < MOST_DAMAGE:
            self.damage.append(what)

    def named(self) -> list[str]:
        """Return what is wrong with the file, place by place, and how many more places there are."""
        more = self.damaged - len(self.damage)
        return [*self.damage, f"{more} more damaged places"] if more else self.damage
