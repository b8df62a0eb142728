"""The usual scalar event by its shape: which bytes vary from record to record, and which number each of them holds.

Two records of one writer differ in the time, the step and the values only; so one is parsed, and all others with the
same bytes elsewhere are read by columns (`search.runs.logs.decoder`). Understood are the records that TensorBoard's,
PyTorch's and tensorboardX's writers make: `simple_value`, and a tensor of one float or double. Whatever else a record
holds, such as an image or a histogram, has no number here. What is unusual is left to protobuf.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

DOUBLE, VARINT, BYTES, SINGLE = 1, 0, 2, 5
"""Wire types: of 8 bytes, of variable length, with a length in front, of 4 bytes."""

WALL, STEP, SUMMARY = 1, 2, 5
"""Fields of an Event: wall_time, step, summary, session_log."""

EVENT = {
    WALL: DOUBLE,
    STEP: VARINT,
    3: BYTES,
    4: BYTES,
    SUMMARY: BYTES,
    6: BYTES,
    8: BYTES,
    9: BYTES,
    10: BYTES,
}
"""Fields that an ordinary Event may have, by wire type; a session log is for protobuf."""

TAG, SIMPLE, TENSOR, METADATA, NODE = 1, 2, 8, 9, 7
"""Fields of a Summary.Value."""

DTYPES = {1: ("f", 4, 5), 2: ("d", 8, 6)}
"""TensorProto.dtype: its letter in `struct`, its bytes, and the field that holds such numbers one by one."""

CONTENT = 4
"""Field of a TensorProto: the numbers as bytes."""

SCALARS = (b"", b"scalars")
"""Plugins whose tensors are scalars; a writer of TensorFlow's names the plugin in the first record of a tag only."""

LONGEST_VARINT = 10


class UnusualRecordError(Exception):
    """A record that is left to protobuf."""


@dataclass(frozen=True)
class Number:
    """A value in a record: its tag, the offset of its first byte, its letter in `struct`: f or d."""

    tag: str
    at: int
    code: str


@dataclass(frozen=True)
class Shape:
    """Where a record holds its time (None: 0), its step of ``step_bytes`` (none: 0) and its numbers."""

    wall: int | None
    step: int
    step_bytes: int
    numbers: tuple[Number, ...]

    def variable(self) -> Iterator[tuple[int, int]]:
        """Yield the stretches of the record that vary, by their first byte and the one behind them."""
        if self.wall is not None:
            yield self.wall, self.wall + 8
        for number in self.numbers:
            yield number.at, number.at + (4 if number.code == "f" else 8)

    def time(self, record: bytes) -> tuple[float, int]:
        """Return the wall time (seconds since 1970) and the step of a record of this shape."""
        wall = struct.unpack_from("<d", record, self.wall)[0] if self.wall is not None else 0.0
        step = _varint(record, self.step, len(record))[0] if self.step_bytes else 0
        return wall, step - 2**64 if step >= 2**63 else step

    def values(self, record: bytes) -> list[float]:
        """Return the numbers of a record of this shape."""
        return [struct.unpack_from(f"<{number.code}", record, number.at)[0] for number in self.numbers]


@dataclass(frozen=True)
class _Field:
    number: int
    wire: int
    start: int
    stop: int


def shape(record: bytes) -> Shape:
    """Return the shape of a serialized Event.

    Raises:
        UnusualRecordError: it has more than the usual fields, or is no Event at all.
    """
    try:
        return _event(record)
    except (IndexError, UnicodeDecodeError) as error:
        raise UnusualRecordError from error


def _event(record: bytes) -> Shape:
    fields = _once(_fields(record, 0, len(record)))
    if any(EVENT.get(number) != found.wire for number, found in fields.items()):
        raise UnusualRecordError
    if len(fields.keys() - {WALL, STEP}) > 1:
        raise UnusualRecordError
    wall, step, summary = fields.get(WALL), fields.get(STEP), fields.get(SUMMARY)
    return Shape(
        wall=wall.start if wall else None,
        step=step.start if step else 0,
        step_bytes=step.stop - step.start if step else 0,
        numbers=_numbers(record, summary) if summary else (),
    )


def _numbers(record: bytes, summary: _Field) -> tuple[Number, ...]:
    values = _fields(record, summary.start, summary.stop)
    if any((value.number, value.wire) != (1, BYTES) for value in values):
        raise UnusualRecordError
    found = (_number(record, value) for value in values)
    return tuple(number for number in found if number is not None)


def _number(record: bytes, value: _Field) -> Number | None:
    """Return the number of a Summary.Value; None where it has none, but an image, a text …"""
    fields = _once(_fields(record, value.start, value.stop))
    kinds = fields.keys() - {TAG, METADATA}
    plugin = _plugin(record, fields[METADATA]) if METADATA in fields else b""
    if len(kinds) > 1 or NODE in kinds or plugin == b"hparams":
        raise UnusualRecordError
    tag = record[fields[TAG].start : fields[TAG].stop].decode() if TAG in fields else ""
    if SIMPLE in kinds and fields[SIMPLE].wire == SINGLE:
        return Number(tag, fields[SIMPLE].start, "f")
    if TENSOR in kinds and plugin in SCALARS:
        return _tensor(record, fields[TENSOR], tag)
    return None


def _plugin(record: bytes, metadata: _Field) -> bytes:
    """Return the plugin's name in a SummaryMetadata."""
    data = _once(_fields(record, metadata.start, metadata.stop)).get(1)
    if data is None:
        return b""
    name = _once(_fields(record, data.start, data.stop)).get(1)
    return record[name.start : name.stop] if name else b""


def _tensor(record: bytes, tensor: _Field, tag: str) -> Number | None:
    """Return the number of a TensorProto; None where it holds text."""
    fields = _once(_fields(record, tensor.start, tensor.stop))
    kind = record[fields[1].start] if 1 in fields else 0
    if kind not in DTYPES:
        if kind == 7:  # DT_STRING
            return None
        raise UnusualRecordError
    code, size, one_by_one = DTYPES[kind]
    dimensions = fields.pop(2, None)
    if dimensions is not None and dimensions.stop > dimensions.start:
        raise UnusualRecordError
    held = [fields[number] for number in fields.keys() - {1, 3}]
    if len(held) != 1 or held[0].number not in (CONTENT, one_by_one) or held[0].stop - held[0].start != size:
        raise UnusualRecordError
    return Number(tag, held[0].start, code)


def _once(fields: list[_Field]) -> dict[int, _Field]:
    """Return the fields by number; one that stands twice is unusual: protobuf knows which one counts."""
    found = {field.number: field for field in fields}
    if len(found) != len(fields):
        raise UnusualRecordError
    return found


def _fields(record: bytes, at: int, stop: int) -> list[_Field]:
    """Return the fields of the message between two offsets."""
    found = []
    while at < stop:
        key, start = _varint(record, at, stop)
        wire = key & 7
        if wire == BYTES:
            size, start = _varint(record, start, stop)
            at = start + size
        elif wire == VARINT:
            _, at = _varint(record, start, stop)
        elif wire in (DOUBLE, SINGLE):
            at = start + (8 if wire == DOUBLE else 4)
        else:
            raise UnusualRecordError
        if at > stop:
            raise UnusualRecordError
        found.append(_Field(key >> 3, wire, start, at))
    return found


def _varint(record: bytes, at: int, stop: int) -> tuple[int, int]:
    """Return a number of variable length, and the offset behind it."""
    value = 0
    for place in range(LONGEST_VARINT):
        if at + place >= stop:
            raise UnusualRecordError
        byte = record[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value & (2**64 - 1), at + place + 1
    raise UnusualRecordError
