"""Logs in a bucket are read as those in a folder are, and of an object that grew only the new end."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow.fs import S3FileSystem

from search.runs.logs import event_file
from search.runs.logs.event_bucket import EventBucket
from search.runs.logs.folder import LogFolder
from tests.buckets import Buckets, server
from tests.runs.logs.writing import NAME, VERSION, oracle, scalars, write

__all__ = ["server"]


@pytest.fixture
def files(server: Buckets) -> S3FileSystem:
    return S3FileSystem(endpoint_override=server.url)


def put(files: S3FileSystem, source: Path, path: str) -> None:
    with files.open_output_stream(path) as file:
        file.write(source.read_bytes())


def test_logs_in_a_bucket_grow_and_only_the_new_end_is_fetched(
    files: S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched: list[tuple[str, int, int]] = []
    read = EventBucket.read

    def counted(self: EventBucket, path: str, offset: int, length: int) -> bytes:
        fetched.append((path, offset, length))
        return read(self, path, offset, length)

    monkeypatch.setattr(EventBucket, "read", counted)
    for run in ("1", "2"):
        write(tmp_path / run / NAME, [VERSION, *(scalars(s, a=s / 7) for s in range(50))])
        put(files, tmp_path / run / NAME, f"runs/exp/trials/{run}/{NAME}")
    put(files, tmp_path / "1" / NAME, f"runs/other/{NAME}")
    folder = LogFolder("s3://runs/exp")
    logs = folder.refresh()
    assert [run.name for run in logs.runs] == ["trials/1", "trials/2"]
    for run in ("1", "2"):
        found = logs.series(f"trials/{run}", "a")
        expected = oracle(tmp_path / run)["a"]
        assert (
            list(zip(found.steps.tolist(), found.walls.tolist(), found.values.tolist(), strict=True))
            == expected
        )
    size = (tmp_path / "2" / NAME).stat().st_size
    new = write(tmp_path / "2" / NAME, [scalars(50, a=1)])[0] - size
    put(files, tmp_path / "2" / NAME, f"runs/exp/trials/2/{NAME}")
    fetched.clear()
    assert folder.refresh().series("trials/2", "a").steps.tolist() == list(range(51))
    assert fetched == [(f"trials/2/{NAME}", size - event_file.MARK, new + event_file.MARK)]


def test_damage_in_a_bucket_is_named_by_its_address(files: S3FileSystem, tmp_path: Path) -> None:
    ends = write(tmp_path / NAME, [VERSION, scalars(1, a=1), scalars(2, a=2)])
    data = bytearray((tmp_path / NAME).read_bytes())
    data[ends[0] + 20] ^= 1
    (tmp_path / NAME).write_bytes(data)
    put(files, tmp_path / NAME, f"runs/broken/{NAME}")
    logs = LogFolder("s3://runs/broken").refresh()
    assert logs.damage == (f"corrupt record at byte {ends[0]} of s3://runs/broken/{NAME}",)
    assert logs.series(".", "a").steps.tolist() == [2]


def test_a_prefix_without_anything_has_no_runs(files: S3FileSystem) -> None:
    del files
    assert LogFolder("s3://runs/nothing").refresh().runs == ()


def test_an_address_without_a_bucket_is_refused() -> None:
    with pytest.raises(OSError, match=r"s3:///: s3://bucket/prefix is expected"):
        EventBucket("s3:///")


def test_what_is_out_of_reach_is_an_error_that_a_page_can_show(server: Buckets) -> None:
    del server
    store = EventBucket("s3://runs/exp")
    with pytest.raises(OSError, match="missing"):
        store.read("missing", 0, 10)
    assert isinstance(next(store.many([("missing", 0, 10)])), OSError)
