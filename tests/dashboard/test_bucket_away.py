"""A bucket that is out of reach is a row that says so, not a traceback, and it is not asked again at every look."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest
from pyarrow.fs import S3FileSystem

from dashboard import shelf
from search.runs.logs.event_bucket import EventBucket
from tests.buckets import server
from tests.dashboard.visits import said, visited
from tests.runs.logs.test_event_bucket import files, put
from tests.runs.logs.writing import NAME, VERSION, scalars, write

__all__ = ["files", "server"]


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(shelf, "_known", {})


def leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody answer where the bucket was."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")


def counted(monkeypatch: pytest.MonkeyPatch, home: Any, name: str) -> list[object]:
    """Return what a function will have been called with."""
    asked, function = [], getattr(home, name)

    def count(*arguments: object) -> object:
        asked.append(arguments[0])
        return function(*arguments)

    monkeypatch.setattr(home, name, count)
    return asked


def test_pages_of_a_bucket_out_of_reach_say_so_after_one_question(
    files: S3FileSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(monkeypatch)
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", "s3://runs/never"])
    asked = counted(monkeypatch, shelf, "find_foreign")
    app = visited("runs")
    assert list(app.dataframe[0].value["state"]) == ["damaged"]
    assert "s3://runs/never is out of reach: " in said(app)
    text = said(visited("overview", run="mine"))
    assert "s3://runs/never is out of reach: " in text
    assert "There is no run of this name" not in text, "nobody knows that"
    assert len(asked) == 1


def test_searches_that_were_known_stay_so_and_are_not_asked_again_at_once(
    files: S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "1" / NAME, [VERSION, scalars(1, accuracy=0.5)])
    put(files, tmp_path / "1" / NAME, f"runs/known/mine/trials/1/{NAME}")
    (tmp_path / "plan.yaml").write_text("name: mine\n", encoding="utf-8")
    put(files, tmp_path / "plan.yaml", "runs/known/mine/plan.yaml")
    (found,) = shelf.shelf("s3://runs/known")
    leave(monkeypatch)
    monkeypatch.setattr(shelf, "LIST_EVERY", 0.0)
    assert shelf.shelf("s3://runs/known") == [found]
    looks = counted(monkeypatch, EventBucket, "look")
    mine = shelf.book(found)
    first = mine.read()
    assert first.run is None
    assert "OSError" in first.reason
    assert mine.read() is first
    assert len(looks) == 1


def test_one_that_comes_back_is_found(
    files: S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelf, "LIST_EVERY", 0.0)
    with pytest.MonkeyPatch.context() as outage:
        leave(outage)
        (away,) = shelf.shelf("s3://runs/again")
        assert away.away
    write(tmp_path / "1" / NAME, [VERSION, scalars(1, accuracy=0.5)])
    put(files, tmp_path / "1" / NAME, f"runs/again/1/{NAME}")
    (back,) = shelf.shelf("s3://runs/again")
    assert not back.away
    assert shelf.book(back).read().run is not None
