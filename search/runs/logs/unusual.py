"""The events that are not plain scalars, by protobuf: hyperparameters, restarts, numbers of rare types."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto

from search.runs.logs.session import PLUGIN, Session, session

SCALARS = ("", "scalars")
"""Plugins whose tensors are scalars."""

KINDS = {
    1: ("<f4", "float_val"),
    2: ("<f8", "double_val"),
    3: ("<i4", "int_val"),
    4: ("<u1", "int_val"),
    5: ("<i2", "int_val"),
    6: ("<i1", "int_val"),
    9: ("<i8", "int64_val"),
    10: ("|b1", "bool_val"),
    17: ("<u2", "int_val"),
    19: ("<f2", "half_val"),
    22: ("<u4", "uint32_val"),
    23: ("<u8", "uint64_val"),
}
"""TensorProto.dtype: the numbers in `tensor_content` as NumPy writes them, and the field that holds them otherwise.
Types from tensorflow/core/framework/types.proto; complex numbers, texts and bfloat16 are left out."""


@dataclass(frozen=True)
class Unusual:
    """An event in full: its time (seconds since 1970) and step, its scalars as (tag, value, whether float32 holds it).

    ``restart``: the writer began again at this step, so that what was written of it and of later steps is void.
    """

    wall: float
    step: int
    scalars: tuple[tuple[str, float, bool], ...]
    session: Session | None
    restart: bool


def read_event(record: bytes) -> Unusual | None:
    """Return a serialized Event decoded; None where it is none."""
    try:
        event = Event.FromString(record)
    except DecodeError:
        return None
    found: Session | None = None
    scalars = []
    for value in event.summary.value:
        if value.metadata.plugin_data.plugin_name == PLUGIN:
            said = session(value.metadata.plugin_data.content)
            found = said if found is None else found.joined(said)
        else:
            scalars += _scalar(value)
    restart = event.HasField("session_log") and event.session_log.status == SessionLog.START
    return Unusual(event.wall_time, event.step, tuple(scalars), found, restart)


def _scalar(value: Summary.Value) -> list[tuple[str, float, bool]]:
    """Return a Summary.Value's number, if it has one."""
    if value.HasField("simple_value"):
        return [(value.tag, value.simple_value, True)]
    if value.HasField("tensor") and value.metadata.plugin_data.plugin_name in SCALARS:
        number = _number(value.tensor)
        if number is not None:
            return [(value.tag or value.node_name, number, value.tensor.dtype in (1, 19))]
    return []


def _number(tensor: TensorProto) -> float | None:
    """Return the one number of a tensor; None where it has another type or more of them."""
    if tensor.dtype not in KINDS or math.prod(dim.size for dim in tensor.tensor_shape.dim) != 1:
        return None
    dtype, name = KINDS[tensor.dtype]
    kind = np.dtype(dtype)
    if tensor.tensor_content:
        whole = len(tensor.tensor_content) == kind.itemsize
        return float(np.frombuffer(tensor.tensor_content, kind)[0]) if whole else None
    held = getattr(tensor, name)
    if not held:
        return None
    # A half is kept as the whole number that has its bits.
    return float(np.uint16(held[0] & 0xFFFF).view(np.float16)) if name == "half_val" else float(held[0])
