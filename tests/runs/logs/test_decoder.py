"""Our parser of the usual records and protobuf agree on every record, also on bytes that nobody has written."""

from __future__ import annotations

import numpy as np
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar import metadata
from tensorboard.util import tensor_util

from search.runs.logs.decoder import PAD, Decoder
from search.runs.logs.unusual import read_event

Values = list[tuple[str, int, float, float]]

INT64 = st.integers(-(2**63), 2**63 - 1)
FLOATS = st.floats(width=32)
DESCRIBED = metadata.create_summary_metadata(display_name="n", description="d")


def _tensor(tag: str, value: float, kind: str, *, described: bool) -> Summary.Value:
    array = np.array(value, kind)
    proto = tensor_util.make_tensor_proto(array)
    return Summary.Value(tag=tag, tensor=proto, metadata=DESCRIBED if described else None)


TAGS = st.sampled_from(["a", "bb", "val/loss", "väl"])
SIMPLE = st.builds(lambda tag, value: Summary.Value(tag=tag, simple_value=value), TAGS, FLOATS)
OTHERS = st.builds(
    lambda tag, value: Summary.Value(tag=tag, image=Summary.Image(encoded_image_string=value)),
    TAGS,
    st.binary(),
)
EVENTS = st.builds(
    lambda wall, step, values: Event(wall_time=wall, step=step, summary=Summary(value=values)),
    st.floats(0, 2e9),
    INT64,
    st.lists(SIMPLE | OTHERS, max_size=4),
) | st.builds(lambda version: Event(file_version=version), st.text(max_size=20))


def decoded(records: list[bytes]) -> Values:
    """Return tag, step, wall time and value of everything in the records, those for protobuf included."""
    decoder = Decoder()
    ends = np.cumsum([len(record) for record in records]).astype(np.int64)
    starts = ends - [len(record) for record in records]
    found = decoder.decode(b"".join(records) + bytes(PAD), starts, ends)
    tags = list(decoder.tags)
    columns = (found.record, found.tag, found.step, found.wall, found.value.astype(np.float64))
    rows = [(r, tags[t], s, w, v) for r, t, s, w, v in zip(*(c.tolist() for c in columns), strict=True)]
    for index in found.unusual:
        event = read_event(records[index])
        if event is not None:
            rows += [(index, tag, event.step, event.wall, value) for tag, value, _ in event.scalars]
    return [row[1:] for row in sorted(rows, key=lambda row: row[0])]


def by_protobuf(records: list[bytes]) -> Values:
    """Return the same by protobuf alone."""
    rows: Values = []
    for record in records:
        event = Event.FromString(record)
        for value in event.summary.value:
            plugin = value.metadata.plugin_data.plugin_name
            if value.HasField("simple_value") and plugin != "hparams":
                rows.append((value.tag, event.step, event.wall_time, value.simple_value))
            elif value.HasField("tensor") and plugin in ("", "scalars"):
                number = float(tensor_util.make_ndarray(value.tensor).item())
                rows.append((value.tag, event.step, event.wall_time, number))
    return rows


def same(left: Values, right: Values) -> bool:
    return [row[:2] for row in left] == [row[:2] for row in right] and np.array_equal(
        np.array([row[2:] for row in left]), np.array([row[2:] for row in right]), equal_nan=True
    )


@settings(deadline=None)
@given(events=st.lists(EVENTS, max_size=12))
def test_events_of_all_shapes_together_are_decoded_as_protobuf_does(events: list[Event]) -> None:
    records = [event.SerializeToString() for event in events]
    assert same(decoded(records), by_protobuf(records))


@settings(deadline=None)
@given(step=INT64, value=FLOATS, kind=st.sampled_from(["f4", "f8", "i4", "i8"]), described=st.booleans())
def test_scalar_tensors_are_decoded_as_protobuf_does(
    step: int, value: float, kind: str, described: bool
) -> None:
    if kind[0] == "i":
        value = float(np.nan_to_num(value, posinf=7, neginf=-7) % 1000)
    event = Event(step=step, summary=Summary(value=[_tensor("t", value, kind, described=described)]))
    records = [event.SerializeToString()] * 3
    assert same(decoded(records), by_protobuf(records))


@settings(max_examples=500, deadline=None)
@given(event=EVENTS, at=st.integers(0, 1000), byte=st.integers(0, 255), more=st.binary(max_size=6))
def test_bytes_that_nobody_wrote_are_decoded_as_protobuf_does(
    event: Event, at: int, byte: int, more: bytes
) -> None:
    record = bytearray(event.SerializeToString() + more)
    if record:
        record[at % len(record)] = byte
    try:
        expected = by_protobuf([bytes(record)])
    except (DecodeError, ValueError, TypeError, UnicodeDecodeError):
        decoded([bytes(record)])  # whatever it says, it does not fail
        return
    assert same(decoded([bytes(record)] * 2), expected * 2)


@settings(deadline=None)
@given(steps=st.lists(st.integers(0, 2**40), min_size=1, max_size=300))
def test_records_of_one_writer_are_decoded_together(steps: list[int]) -> None:
    events = [
        Event(
            wall_time=step / 7,
            step=step,
            summary=Summary(value=[Summary.Value(tag="a", simple_value=step % 97)]),
        )
        for step in steps
    ]
    assert decoded([event.SerializeToString() for event in events]) == [
        ("a", step, step / 7, float(step % 97)) for step in steps
    ]


def test_a_signaling_nan_is_a_nan_and_no_warning() -> None:
    record = bytearray(
        Event(step=1, summary=Summary(value=[Summary.Value(tag="a", simple_value=1)])).SerializeToString()
    )
    record[-4:] = bytes.fromhex("010080ff")
    found = decoded([bytes(record)] * 2)
    assert same(found, [("a", 1, 0.0, float("nan"))] * 2)
