"""Many serialized events at once: records of one shape are read by columns, single ones one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from search.runs.logs.framing import Offsets
from search.runs.logs.shape import Shape, UnusualRecordError, shape

Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.float32] | npt.NDArray[np.float64]

PAD = 8
"""Bytes behind the last record, so that all of them can be compared by whole words of 8."""

LONGEST = 2**16
"""Bytes of a record that is read by columns; one with a picture is longer, and looked at alone."""

SHAPES = 64
"""Shapes of one length that are remembered, and tried on a batch before the rest of it is read one by one."""


@dataclass(frozen=True)
class Decoded:
    """Values by columns, in the order of their records; row i is the i-th value.

    ``record`` says which record, ``tag`` which of `Decoder.tags`; ``wall`` is in seconds since 1970. ``value`` is
    float32, or float64 where any record has doubles. ``unusual`` are the records that are left to protobuf.
    """

    record: Offsets
    tag: Offsets
    step: Offsets
    wall: Floats
    value: Numbers
    unusual: list[int]


class Decoder:
    """Decodes batches of records; remembers the shapes and the tags that it has met."""

    def __init__(self) -> None:
        self.tags: dict[str, int] = {}
        self._known: dict[int, list[_Known]] = {}

    def number(self, tag: str) -> int:
        """Return the number of a tag, the next one where it is new."""
        return self.tags.setdefault(tag, len(self.tags))

    def decode(self, data: bytes, starts: Offsets, stops: Offsets) -> Decoded:
        """Decode records.

        Args:
            data: the bytes, with `PAD` more behind the last record.
            starts: where each record begins (n,).
            stops: where it ends (n,).
        """
        parts = _Parts()
        lengths = stops - starts
        order = np.argsort(lengths, kind="stable")
        bounds = np.flatnonzero(np.diff(lengths[order], prepend=-1, append=-1))
        array = np.frombuffer(data, np.uint8)
        for first, last in pairwise(bounds.tolist()):
            group = _Group(data, starts, order[first:last], int(lengths[order[first]]))
            if 0 < group.length <= LONGEST:
                group.load(array)
                self._by_columns(group, parts)
            self._one_by_one(group, parts)
        return parts.joined()

    def _by_columns(self, group: _Group, parts: _Parts) -> None:
        """Decode records of one length: shape after shape takes its own, until few or strange ones are left."""
        known, turn = self._known.setdefault(group.length, []), 0
        for _ in range(2 * SHAPES):
            while turn == len(known) and len(group.records):
                found = _learn(group.first())
                if found is not None:
                    known.append(found)
                else:
                    parts.unusual.append(int(group.records[0]))
                    group.drop_first()
            if not len(group.records) or turn == SHAPES:
                break
            rows, records = group.take(known[turn])
            self._columns(known[turn].shape, rows, records, parts)
            if len(records) == 1 and turn == len(known) - 1:
                known.pop()  # it may hold more than scalars: no other record will have these bytes
            else:
                turn += 1

    def _columns(self, found: Shape, rows: Bytes, records: Offsets, parts: _Parts) -> None:
        """Decode records (n,) of one shape from their bytes (n, length)."""
        if not found.numbers or not len(records):
            return
        wall = _column(rows, found.wall, "<f8") if found.wall is not None else np.zeros(len(rows))
        step = _steps(rows, found)
        for number in found.numbers:
            value = _column(rows, number.at, f"<{number.code}")
            value[np.isnan(value)] = np.nan  # a signaling NaN would warn with every conversion
            parts.add(records, self.number(number.tag), step, wall, value)

    def _one_by_one(self, group: _Group, parts: _Parts) -> None:
        for index in group.records.tolist():
            record = group.record(index)
            try:
                found = shape(record)
            except UnusualRecordError:
                parts.unusual.append(index)
                continue
            wall, step = found.time(record)
            for number, value in zip(found.numbers, found.values(record), strict=True):
                row = (index, self.number(number.tag), step, wall, value)
                parts.add_one(row, double=number.code == "d")


@dataclass(frozen=True)
class _Known:
    """A shape as it is looked for among records of one length: ``words`` must agree where ``mask`` is set."""

    shape: Shape
    mask: Words
    words: Words


@dataclass
class _Group:
    """The records of one length that are not decoded yet, with their bytes (n, length, padded) once they are loaded."""

    data: bytes
    starts: Offsets
    records: Offsets
    length: int
    rows: Bytes = field(default_factory=lambda: np.empty((0, PAD), np.uint8))

    def load(self, array: Bytes) -> None:
        """Gather the bytes of all records."""
        windows = np.lib.stride_tricks.sliding_window_view(array, _padded(self.length))
        self.rows = windows[self.starts[self.records]]

    def record(self, index: int) -> bytes:
        """Return the bytes of a record."""
        start = int(self.starts[index])
        return self.data[start : start + self.length]

    def first(self) -> bytes:
        """Return the bytes of the first record that is left."""
        return self.record(int(self.records[0]))

    def drop_first(self) -> None:
        """Leave the first record to somebody else."""
        self.records, self.rows = self.records[1:], self.rows[1:]

    def take(self, known: _Known) -> tuple[Bytes, Offsets]:
        """Take out the records of a shape: their bytes, their numbers."""
        differs = ((self.rows.view(np.uint64) ^ known.words) & known.mask).any(axis=1)
        same = ~differs
        taken = (self.rows[same], self.records[same]) if differs.any() else (self.rows, self.records)
        self.rows, self.records = self.rows[differs], self.records[differs]
        return taken


@dataclass
class _Parts:
    """What is decoded so far: columns, and single values."""

    record: list[Offsets] = field(default_factory=list)
    tag: list[Offsets] = field(default_factory=list)
    step: list[Offsets] = field(default_factory=list)
    wall: list[Floats] = field(default_factory=list)
    value: list[Numbers] = field(default_factory=list)
    unusual: list[int] = field(default_factory=list)
    single: list[tuple[int, int, int, float, float]] = field(default_factory=list)
    doubles: bool = False

    def add(self, record: Offsets, tag: int, step: Offsets, wall: Floats, value: Numbers) -> None:
        """Add the values (n,) of one tag."""
        self.record.append(record)
        self.tag.append(np.full(len(record), tag))
        self.step.append(step)
        self.wall.append(wall)
        self.value.append(value)

    def add_one(self, row: tuple[int, int, int, float, float], *, double: bool) -> None:
        """Add one value: its record, tag, step, wall time, and how much it is."""
        self.single.append(row)
        self.doubles |= double

    def joined(self) -> Decoded:
        """Return all values in the order of their records."""
        record, tag, step, wall, value = zip(*self.single, strict=True) if self.single else ((),) * 5
        records = np.concatenate([*self.record, np.array(record, np.int64)])
        order = np.argsort(records, kind="stable")  # the values of one record stay in their order
        single = np.array(value, np.float64 if self.doubles else np.float32)
        return Decoded(
            record=records[order],
            tag=np.concatenate([*self.tag, np.array(tag, np.int64)])[order],
            step=np.concatenate([*self.step, np.array(step, np.int64)])[order],
            wall=np.concatenate([*self.wall, np.array(wall, np.float64)])[order],
            value=np.concatenate([*self.value, single])[order],
            unusual=sorted(self.unusual),
        )


def _learn(record: bytes) -> _Known | None:
    """Return the shape of a record, to look for others of it; None where it is unusual."""
    try:
        found = shape(record)
    except UnusualRecordError:
        return None
    padded = _padded(len(record))
    mask = np.zeros(padded, np.uint8)
    mask[: len(record)] = 0xFF
    for start, stop in found.variable():
        mask[start:stop] = 0
    # Of the step's bytes the highest bit must agree: it says which one is the last.
    mask[found.step : found.step + found.step_bytes] = 0x80
    words = np.frombuffer(record.ljust(padded, b"\0"), np.uint64)
    return _Known(found, mask.view(np.uint64), words)


def _padded(length: int) -> int:
    return -(-length // PAD) * PAD


def _column(rows: Bytes, at: int, dtype: str) -> npt.NDArray[np.float64]:
    """Return the numbers (n,) that stand at an offset of each row."""
    kind = np.dtype(dtype)
    found: npt.NDArray[np.float64] = np.ascontiguousarray(rows[:, at : at + kind.itemsize]).view(kind)[:, 0]
    return found


def _steps(rows: Bytes, found: Shape) -> Offsets:
    """Return the steps (n,), which are varints: seven bits a byte, the lowest first."""
    steps = np.zeros(len(rows), np.uint64)
    for place in range(found.step_bytes):
        bits = rows[:, found.step + place].astype(np.uint64) & np.uint64(0x7F)
        steps |= bits << np.uint64(7 * place)
    return steps.view(np.int64)
