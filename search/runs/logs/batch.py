"""Stretches of many files, decoded together: NumPy's calls cost as much for one file as for a hundred."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from search.runs.logs.cube import Cube, Ints, Points
from search.runs.logs.decoder import PAD, Decoded, Decoder
from search.runs.logs.event_file import EventFile
from search.runs.logs.framing import HEADER, Frames, intact
from search.runs.logs.unusual import Unusual, read_event

FULL = 2**22
"""Bytes after which a batch is decoded: larger ones are no faster, and take more memory."""


class Family(Protocol):
    """Which files belong to one run: a writer that begins again opens another file."""

    def earlier(self, file: EventFile) -> npt.NDArray[np.bool_]:
        """Return which files, by number, are this one or stand before it in the same run."""

    def void(self, file: EventFile, step: int) -> None:
        """Forget what was read of these files, from a step on."""

    def void_from(self, file: EventFile) -> int | None:
        """Return the least step at which a later file of the same run begins again; None where none does."""


@dataclass
class Batch:
    """Stretches of files whose records are framed, but not decoded."""

    files: list[EventFile] = field(default_factory=list)
    blocks: list[bytes] = field(default_factory=list)
    frames: list[Frames] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    size: int = 0

    def add(self, file: EventFile, data: bytes, frames: Frames) -> None:
        """Add what was read of a file behind its offset."""
        self.files.append(file)
        self.blocks.append(data)
        self.frames.append(frames)
        self.begins.append(file.offset)
        self.size += len(data)

    @property
    def full(self) -> bool:
        """Whether it is time to decode it."""
        return self.size >= FULL

    def decode(self, decoder: Decoder, cube: Cube, family: Family) -> None:
        """Put all values into a cube; note what the files say of their sessions, and what is wrong with them.

        Args:
            decoder: whose numbers of tags the cube has.
            cube: of all files.
            family: which files belong to one run.
        """
        for file, frames, begin in zip(self.files, self.frames, self.begins, strict=True):
            for at in frames.lost:
                file.note(f"corrupt record at byte {begin + at}")
        data = b"".join([*self.blocks, bytes(PAD)])
        records = self._records(data)
        decoded = decoder.decode(data, records.start, records.stop)
        found = [(index, self._read(data, records, index)) for index in decoded.unusual]
        unusual = [(index, event) for index, event in found if event is not None]
        for index, event in unusual:
            if event.session is not None:
                file = self.files[records.block[index]]
                file.session = file.session.joined(event.session)
        values = _with_unusual(decoded, unusual, decoder)
        restarts = [(index, event.step) for index, event in unusual if event.restart]
        self._store(values, records, restarts, cube, family)
        for kept in (self.files, self.blocks, self.frames, self.begins):
            kept.clear()
        self.size = 0

    def _records(self, data: bytes) -> _Records:
        """Return all records whose checksum is right."""
        counts = [len(frames.starts) for frames in self.frames]
        sizes = np.cumsum([0, *map(len, self.blocks)])
        block = np.repeat(np.arange(len(counts)), counts)
        base = sizes[block]
        start = (
            np.fromiter((at for frames in self.frames for at in frames.starts), np.int64, len(block)) + base
        )
        stop = np.fromiter((at for frames in self.frames for at in frames.stops), np.int64, len(block)) + base
        sums = np.fromiter((s for frames in self.frames for s in frames.checksums), np.uint32, len(block))
        right = intact(np.frombuffer(data, np.uint8), stop, sums)
        records = _Records(block, start, stop, base)
        for index in np.flatnonzero(~right).tolist():
            self._note(records, index, "corrupt record")
        return records if right.all() else _Records(block[right], start[right], stop[right], base[right])

    def _note(self, records: _Records, index: int, what: str) -> None:
        block = records.block[index]
        at = self.begins[block] + int(records.start[index] - records.base[index]) - HEADER
        self.files[block].note(f"{what} at byte {at}")

    def _read(self, data: bytes, records: _Records, index: int) -> Unusual | None:
        event = read_event(data[records.start[index] : records.stop[index]])
        if event is None:
            self._note(records, index, "record that is no event")
        return event

    def _store(
        self,
        values: Decoded,
        records: _Records,
        restarts: list[tuple[int, int]],
        cube: Cube,
        family: Family,
    ) -> None:
        """Put the values into the cube, but those that a restart makes void."""
        block = records.block[values.record]
        numbers = np.array([file.number for file in self.files], np.int32)
        kept = self._after_later_restarts(block, values.step, family)
        for index, step in restarts:
            file = self.files[records.block[index]]
            file.restarts.append(step)
            earlier = family.earlier(file)
            family.void(file, step)
            kept &= ~(earlier[numbers[block]] & (values.record < index) & (values.step >= step))
        points = Points(numbers[block], values.step, values.wall, values.value)
        if not kept.all():
            values, points, block = replace(values, tag=values.tag[kept]), points.where(kept), block[kept]
        self._extent(block, points)
        if len(points):
            cube.add(values.tag, points)

    def _after_later_restarts(self, block: Ints, step: Ints, family: Family) -> npt.NDArray[np.bool_]:
        """Tell which values (n,) stand, though a later file of their run has begun again and was read before."""
        kept = np.ones(len(block), np.bool_)
        for index, file in enumerate(self.files):
            since = family.void_from(file)
            if since is not None:
                kept &= ~((block == index) & (step >= since))
        return kept

    def _extent(self, block: Ints, points: Points) -> None:
        """Note the times and the last step of each file; ``block`` (n,) ascends."""
        begins = np.flatnonzero(np.diff(block, prepend=-1))
        if not len(begins):
            return
        first = np.minimum.reduceat(points.wall, begins).tolist()
        last = np.maximum.reduceat(points.wall, begins).tolist()
        step = np.maximum.reduceat(points.step, begins).tolist()
        for place, index in enumerate(block[begins].tolist()):
            file = self.files[index]
            file.first, file.last = min(file.first, first[place]), max(file.last, last[place])
            file.step = max(file.step, step[place])


@dataclass(frozen=True)
class _Records:
    """The records of a batch: of which block, from where to where, and where that block begins."""

    block: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int64]
    base: npt.NDArray[np.int64]


def _with_unusual(decoded: Decoded, unusual: list[tuple[int, Unusual]], decoder: Decoder) -> Decoded:
    """Return the values with those of unusual records in their places."""
    rows = [
        (index, decoder.number(tag), event.step, event.wall, value, single)
        for index, event in unusual
        for tag, value, single in event.scalars
    ]
    if not rows:
        return decoded
    record, tag, step, wall, value, single = zip(*rows, strict=True)
    records = np.concatenate([decoded.record, np.array(record, np.int64)])
    order = np.argsort(records, kind="stable")
    return Decoded(
        record=records[order],
        tag=np.concatenate([decoded.tag, np.array(tag, np.int64)])[order],
        step=np.concatenate([decoded.step, np.array(step, np.int64)])[order],
        wall=np.concatenate([decoded.wall, np.array(wall, np.float64)])[order],
        value=np.concatenate([decoded.value, np.array(value, "f4" if all(single) else "f8")])[order],
        unusual=[],
    )
