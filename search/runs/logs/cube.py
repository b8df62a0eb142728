"""All values by file, tag and step, in columns that grow: 24 to 28 bytes a value.

A tag's values lie in pieces, in the order in which they were read; a piece never changes, so that whoever holds some
(a snapshot) is not disturbed by what is read later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Points:
    """Values of one tag (n,): from which file, at which step, when (seconds since 1970), how much.

    ``file`` is int32, ``value`` float32, or float64 where a file has doubles.
    """

    file: npt.NDArray[np.int32]
    step: Ints
    wall: Floats
    value: npt.NDArray[np.float32] | npt.NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.file)

    def where(self, kept: npt.NDArray[np.bool_] | Ints) -> Points:
        """Return some of the values, by a mask or by their places."""
        return Points(self.file[kept], self.step[kept], self.wall[kept], self.value[kept])


Pieces = tuple[Points, ...]


def joined(pieces: Pieces) -> Points:
    """Return several pieces as one."""
    if len(pieces) == 1:
        return pieces[0]
    return Points(
        file=np.concatenate([piece.file for piece in pieces]),
        step=np.concatenate([piece.step for piece in pieces]),
        wall=np.concatenate([piece.wall for piece in pieces]),
        value=np.concatenate([piece.value for piece in pieces]),
    )


class Cube:
    """The values of all files. Tags are numbered; ``pieces`` are those of each, which grow."""

    def __init__(self, pieces: Mapping[int, Pieces] | None = None) -> None:
        self.pieces: dict[int, Pieces] = dict(pieces or {})

    def __len__(self) -> int:
        """Return the number of values."""
        return sum(len(piece) for pieces in self.pieces.values() for piece in pieces)

    def add(self, tag: Ints, points: Points) -> None:
        """Add values (n,), in the order of their records in each file.

        Args:
            tag: the number of each value's tag (n,).
            points: the values, of any tags.
        """
        order = np.argsort(tag.astype(np.uint16 if tag.max(initial=0) < 2**16 else np.int64), kind="stable")
        ordered = tag[order]
        bounds = np.flatnonzero(np.diff(ordered, prepend=-1, append=-1))
        for first, last in pairwise(bounds.tolist()):
            number = int(ordered[first])
            self.pieces[number] = _with(self.pieces.get(number, ()), points.where(order[first:last]))

    def drop(self, files: Flags, since: int | None = None) -> None:
        """Forget values.

        Args:
            files: whether each file is meant, by its number.
            since: the step from which on they are forgotten; None: all.
        """
        for number, pieces in list(self.pieces.items()):
            kept = (piece.where(~_meant(piece, files, since)) for piece in pieces)
            self.pieces[number] = tuple(piece for piece in kept if len(piece))
            if not self.pieces[number]:
                del self.pieces[number]


def _with(pieces: Pieces, new: Points) -> Pieces:
    """Return the pieces with another one behind them; each is longer than all later ones together.

    So there are few of them, and what is appended to a long one is not paid for with a copy of it.
    """
    kept = len(pieces)
    while kept and len(pieces[kept - 1]) <= sum(map(len, pieces[kept:])) + len(new):
        kept -= 1
    return (*pieces[:kept], joined((*pieces[kept:], new)))


def _meant(piece: Points, files: Flags, since: int | None) -> Flags:
    meant: Flags = files[piece.file]
    return meant if since is None else meant & (piece.step >= since)
