"""Event files written by hand, and what TensorBoard's own reader finds in a folder."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from crc32c import crc32c
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.util import tensor_util

NAME = "events.out.tfevents.1700000000.host.1.0"
VERSION = Event(wall_time=1.7e9, file_version="brain.Event:2")

Points = dict[str, list[tuple[int, float, float]]]


def framed(payload: bytes) -> bytes:
    """Return a record as it stands in a file, after TensorFlow's record_writer.cc."""
    length = struct.pack("<Q", len(payload))
    return length + masked(length) + payload + masked(payload)


def masked(data: bytes) -> bytes:
    """Return the checksum of bytes as it is written."""
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17 & 0xFFFFFFFF) + 0xA282EAD8) & 0xFFFFFFFF)


def scalars(step: int, wall: float = 1.7e9, **values: float) -> Event:
    """Return an event with `simple_value`s; a double underscore stands for a slash in a tag."""
    listed = [Summary.Value(tag=tag.replace("__", "/"), simple_value=value) for tag, value in values.items()]
    return Event(wall_time=wall, step=step, summary=Summary(value=listed))


def write(path: Path, events: Sequence[Event]) -> list[int]:
    """Append events to a file; return the offset behind each of them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    ends = []
    with path.open("ab") as file:
        for event in events:
            file.write(framed(event.SerializeToString()))
            ends.append(file.tell())
    return ends


def oracle(folder: Path) -> Points:
    """Return every scalar that TensorBoard's EventAccumulator finds: tag, then step, wall time and value."""
    found = EventAccumulator(str(folder), {"scalars": 0, "tensors": 0}).Reload()
    points = {
        tag: [(point.step, point.wall_time, point.value) for point in found.Scalars(tag)]
        for tag in found.Tags()["scalars"]
    }
    for tag in found.Tags()["tensors"]:
        arrays = [(t.step, t.wall_time, tensor_util.make_ndarray(t.tensor_proto)) for t in found.Tensors(tag)]
        if all(array.size == 1 and np.issubdtype(array.dtype, np.number) for _, _, array in arrays):
            points[tag] = [(step, wall, float(array.item())) for step, wall, array in arrays]
    return points
