"""What was read is there again in the next process; a damaged cache is as good as none."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.runs.logs import cache
from search.runs.logs.folder import LogFolder
from search.runs.logs.logs import Logs
from search.runs.logs.state import State
from tests.runs.logs.writing import NAME, VERSION, scalars, write

quick = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WINNOW_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(cache, "WORTH", 1)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for run in ("1", "2"):
        write(tmp_path / "logs" / run / NAME, [VERSION, *(scalars(s, a=s, b=-s) for s in range(9))])
    return tmp_path / "logs"


def refreshed(root: Path) -> Logs:
    return LogFolder(root, cache=True).refresh()


def same(left: Logs, right: Logs) -> bool:
    return (left.runs, left.tags, left.damage) == (right.runs, right.tags, right.damage) and all(
        np.array_equal(one, other, equal_nan=True)
        for tag in left.tags
        for one, other in zip(left.matrix(tag), right.matrix(tag), strict=True)
    )


def only_tails_are_read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the lengths of the stretches that are read from now on."""
    lengths: list[int] = []
    read = cache.Cache.load

    def load(self: cache.Cache) -> State | None:
        found = read(self)
        lengths.append(-1 if found is None else sum(file.offset for file in found.files.values()))
        return found

    monkeypatch.setattr(cache.Cache, "load", load)
    return lengths


def test_the_next_process_reads_only_what_came_since(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = refreshed(root)
    known = only_tails_are_read(monkeypatch)
    size = sum(path.stat().st_size for path in root.rglob(NAME))
    assert same(refreshed(root), first)
    assert known == [size]
    write(root / "2" / NAME, [scalars(9, a=9)])
    assert same(refreshed(root), LogFolder(root).refresh())


def test_files_that_changed_meanwhile_are_read_anew(root: Path) -> None:
    refreshed(root)
    (root / "1" / NAME).unlink()
    write(root / "1" / NAME, [VERSION, *(scalars(s, a=s / 2) for s in range(20))])
    write(root / "3" / NAME, [VERSION, scalars(1, c=1)])
    assert same(refreshed(root), LogFolder(root).refresh())


@quick
@given(at=st.integers(0, 100_000), value=st.integers(0, 255), cut=st.booleans())
def test_a_damaged_cache_is_as_good_as_none(root: Path, at: int, value: int, cut: bool) -> None:
    expected = refreshed(root)
    kept = cache.Cache(str(root)).path
    data = bytearray(kept.read_bytes())
    at %= len(data)
    data[at] = value
    kept.write_bytes(data[:at] if cut else data)
    assert same(refreshed(root), expected)


@pytest.mark.parametrize("change", [{"format": 0}, {"numbered": 1}, {"counts": [[0, 3]]}, {"files": [{}]}])
def test_a_cache_that_contradicts_itself_is_passed_over(root: Path, change: dict[str, object]) -> None:
    expected = refreshed(root)
    kept = cache.Cache(str(root)).path
    with np.load(kept, allow_pickle=False) as found:
        arrays = {name: found[name] for name in found.files}
    document = json.loads(arrays["document"].tobytes()) | change
    arrays["document"] = np.frombuffer(json.dumps(document).encode(), np.uint8)
    with kept.open("wb") as file:
        np.savez(file, **arrays)
    assert cache.Cache(str(root)).load() is None
    assert same(refreshed(root), expected)


def test_a_cache_with_pickles_is_never_opened(root: Path) -> None:
    refreshed(root)
    kept = cache.Cache(str(root)).path
    with kept.open("wb") as file:
        np.savez(file, document=np.array([{"a": 1}], dtype=object))
    assert cache.Cache(str(root)).load() is None


def test_a_full_disk_is_no_error(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    assert refreshed(root).tags == ("a", "b")
    assert not list((cache.logs_folder()).glob("*"))


def test_the_caches_that_were_used_least_recently_are_deleted(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refreshed(root)
    first = cache.Cache(str(root)).path
    os.utime(first, (1, 1))
    monkeypatch.setattr(cache, "LARGEST", first.stat().st_size + 100)
    write(tmp_path / "others" / "1" / NAME, [VERSION, *(scalars(s, a=s, b=s) for s in range(40))])
    refreshed(tmp_path / "others")
    assert [path for path in cache.logs_folder().iterdir() if path == first] == []


def test_the_place_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache.logs_folder() == tmp_path / "cache" / "winnow" / "logs"
    monkeypatch.setenv("WINNOW_CACHE", str(tmp_path / "mine"))
    assert cache.logs_folder() == tmp_path / "mine" / "logs"
