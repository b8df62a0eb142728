"""How records stand in an event file (TFRecord): a length, its checksum, the record, the record's checksum.

All numbers are little-endian; the checksums are masked CRC-32C (tensorflow/core/lib/hash/crc32c.h). A wrong checksum of
a record costs that record, since its length still leads to the next one. A wrong checksum of a length costs the
framing, which is found again at the next offset where a length and its checksum agree.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from crc32c import crc32c

HEADER = 12
"""Bytes: a length of 8 and its checksum of 4."""

FOOTER = 4
"""Bytes: the checksum of the record."""

LARGEST = 2**40
"""Bytes of a record. A length beyond that is taken for damage, though its checksum agrees."""

MANY = 4096
"""Different headers that are remembered: nearly every record has the length of an earlier one."""

AT_ONCE = 2**18
"""Offsets that are tried together where the framing is lost; each takes some 40 bytes meanwhile."""

Offsets = npt.NDArray[np.int64]


@dataclass
class Frames:
    """The records in a stretch of an event file; offsets are counted from the beginning of the stretch.

    ``starts`` and ``stops`` bound each record's payload, ``checksums`` are what the payloads give (still to be compared
    with what the file says, see `intact`). ``used`` bytes need not be read again. ``wanted`` bytes, counted from
    ``used``, are needed for the next record; 0 where that is not known yet. ``lost`` are the offsets where the framing
    was lost, ``astray`` whether it still is.
    """

    starts: list[int] = field(default_factory=list)
    stops: list[int] = field(default_factory=list)
    checksums: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    used: int = 0
    wanted: int = 0
    astray: bool = False


class Framer:
    """Finds the records of event files; remembers the headers that it has checked."""

    def __init__(self) -> None:
        self._lengths: dict[bytes, int | None] = {}

    def frames(self, data: bytes, *, astray: bool = False) -> Frames:
        """Find the whole records in a stretch that begins with a record.

        Args:
            data: the stretch.
            astray: the stretch begins where an earlier one has lost the framing.
        """
        found = Frames(astray=astray)
        if astray:
            self._find_again(data, found)
        while not found.astray and not self._follow(data, found):
            found.lost.append(found.used)
            found.used += 1
            self._find_again(data, found)
        return found

    def _follow(self, data: bytes, found: Frames) -> bool:
        """Go from record to record; tell whether the end was reached with the framing intact."""
        # The hot loop: 0.4 us a record. A header that was seen before costs one look into a dictionary.
        lengths, view, end = self._lengths, memoryview(data), len(data)
        starts, stops, checksums = found.starts.append, found.stops.append, found.checksums.append
        at = found.used
        while at + HEADER <= end:
            header = data[at : at + HEADER]
            length = lengths[header] if header in lengths else self._learn(header)
            if length is None:
                found.used = at
                return False
            start = at + HEADER
            stop = start + length
            if stop + FOOTER > end:
                found.used, found.wanted = at, HEADER + length + FOOTER
                return True
            starts(start)
            stops(stop)
            checksums(crc32c(view[start:stop]))
            at = stop + FOOTER
        found.used = at
        return True

    def _learn(self, header: bytes) -> int | None:
        """Return the length that a header says; None where its checksum disagrees."""
        length, checksum = struct.unpack("<QI", header)
        agrees = mask(crc32c(header[:8])) == checksum and length <= LARGEST
        if len(self._lengths) >= MANY:
            self._lengths.clear()
        self._lengths[header] = length if agrees else None
        return self._lengths[header]

    def _find_again(self, data: bytes, found: Frames) -> None:
        """Go to the next header whose checksum agrees; where there is none, to the last bytes, which may begin one."""
        begin, last = found.used, len(data) - HEADER
        found.astray = True
        while found.used <= last:
            stop = min(found.used + AT_ONCE, last + 1)
            at = _next_header(data, found.used, stop)
            if at is not None:
                found.used, found.astray = at, False
                return
            found.used = stop
        found.used = max(begin, last + 1)


def mask(checksum: int) -> int:
    """Return a CRC-32C as it is written: rotated by 15 bits, plus a constant."""
    return ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF


def intact(
    data: npt.NDArray[np.uint8], stops: Offsets, checksums: npt.NDArray[np.uint32]
) -> npt.NDArray[np.bool_]:
    """Tell which records (n,) have the checksum that stands behind them.

    Args:
        data: the bytes (N,).
        stops: where each record's payload ends (n,).
        checksums: CRC-32C of each payload (n,), not masked.
    """
    if not len(stops):
        return np.ones(0, np.bool_)
    written = np.lib.stride_tricks.sliding_window_view(data, FOOTER)[stops].view("<u4")[:, 0]
    with np.errstate(over="ignore"):
        masked = (checksums >> np.uint32(15) | checksums << np.uint32(17)) + np.uint32(0xA282EAD8)
    same: npt.NDArray[np.bool_] = masked == written
    return same


def _tables() -> npt.NDArray[np.uint32]:
    """Return what each byte (8 places, 256 values) adds to the CRC-32C of 8 bytes, which is linear in them."""
    zero = crc32c(bytes(8))
    tables = np.zeros((8, 256), np.uint32)
    for place in range(8):
        for value in range(256):
            word = bytearray(8)
            word[place] = value
            tables[place, value] = crc32c(bytes(word)) ^ zero
    return tables


_ADDS = _tables()
_ZERO = np.uint32(crc32c(bytes(8)))


def _next_header(data: bytes, begin: int, end: int) -> int | None:
    """Return the first offset from ``begin`` to ``end`` (left out) where a length and its checksum agree."""
    stretch = np.frombuffer(data, np.uint8, end - begin + HEADER - 1, begin)
    windows = np.lib.stride_tricks.sliding_window_view(stretch, HEADER)
    likely = np.flatnonzero((windows[:, 6] == 0) & (windows[:, 7] == 0))  # of a length below 2**48
    found = windows[likely]
    checksum = np.full(len(likely), _ZERO)
    for place in range(8):
        checksum ^= _ADDS[place][found[:, place]]
    agree = intact(np.ascontiguousarray(found).ravel(), np.arange(len(likely)) * HEADER + 8, checksum)
    lengths = np.ascontiguousarray(found[:, :8]).view("<u8")[:, 0]
    right = likely[agree & (lengths <= LARGEST)]
    return begin + int(right[0]) if len(right) else None
