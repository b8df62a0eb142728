"""Records are found again after any damage, and a long file is read in stretches as one is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.runs.logs import batch, event_file, framing
from search.runs.logs.folder import LogFolder
from search.runs.logs.framing import Framer, mask
from tests.runs.logs.writing import NAME, VERSION, framed, masked, scalars, write


@settings(deadline=None)
@given(payloads=st.lists(st.binary(max_size=300), max_size=20), noise=st.binary(max_size=100))
def test_the_records_behind_any_noise_are_found(payloads: list[bytes], noise: bytes) -> None:
    data = noise + b"".join(map(framed, payloads))
    found = Framer().frames(data)
    bodies = [data[start:stop] for start, stop in zip(found.starts, found.stops, strict=True)]
    assert bodies[len(bodies) - len(payloads) :] == payloads or len(noise) < framing.HEADER


@settings(deadline=None)
@given(payload=st.binary(max_size=300))
def test_checksums_are_masked_as_tensorflow_masks_them(payload: bytes) -> None:
    found = Framer().frames(framed(payload))
    assert [mask(checksum).to_bytes(4, "little") for checksum in found.checksums] == [masked(payload)]
    stop = np.array(found.stops)
    data = np.frombuffer(framed(payload), np.uint8)
    assert framing.intact(data, stop, np.array(found.checksums, np.uint32)).all()


def test_a_long_stretch_without_a_record_is_searched_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "AT_ONCE", 64)
    record = framed(b"found")
    for zeros in range(990, 1010):
        found = Framer().frames(b"\x01" + bytes(zeros) + record)
        assert found.starts == [1 + zeros + framing.HEADER]


@pytest.mark.parametrize("block", [64, 200, 1000])
def test_a_file_that_is_longer_than_a_stretch_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    events = [VERSION, *(scalars(s, **{f"t{i}": s for i in range(s % 7)}) for s in range(60))]
    ends = write(tmp_path / NAME, events)
    data = bytearray((tmp_path / NAME).read_bytes())
    data[ends[30] + 2] ^= 4
    data[ends[40] + 30] ^= 4
    (tmp_path / NAME).write_bytes(data)
    expected = LogFolder(tmp_path).refresh()
    monkeypatch.setattr(event_file, "BLOCK", block)
    monkeypatch.setattr(batch, "FULL", 3 * block)
    found = LogFolder(tmp_path).refresh()
    assert found.damage == expected.damage
    assert len(found.damage) == 2
    assert found.tags == expected.tags
    for tag in found.tags:
        assert found.series(".", tag).steps.tolist() == expected.series(".", tag).steps.tolist()


def test_a_record_that_is_too_long_to_be_a_scalar_is_passed_over_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.runs.logs.folder.LARGEST_READ", 1000)
    monkeypatch.setattr(event_file, "BLOCK", 500)
    (end,) = write(tmp_path / NAME, [VERSION])
    with (tmp_path / NAME).open("ab") as file:
        file.write(framed(bytes(5000)))
    write(tmp_path / NAME, [scalars(1, a=1)])
    logs = LogFolder(tmp_path).refresh()
    reason = "record of 5016 bytes, too long to be a scalar and left out,"
    assert logs.damage == (f"{reason} at byte {end} of {tmp_path / NAME}",)
    assert logs.series(".", "a").values.tolist() == [1.0]
