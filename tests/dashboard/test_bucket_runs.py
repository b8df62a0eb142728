"""Logs in a bucket are shown like those in a folder, and nothing is written there."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow.fs import S3FileSystem

from tests.buckets import server
from tests.dashboard.visits import figures, said, visited
from tests.runs.logs.test_event_bucket import files, put
from tests.runs.logs.writing import NAME, VERSION, scalars, write

__all__ = ["files", "server"]


@pytest.fixture(autouse=True)
def _bucket(files: S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for run in ("1", "2", "3"):
        write(tmp_path / run / NAME, [VERSION, *(scalars(s, accuracy=s / 50) for s in range(int(run) * 10))])
        put(files, tmp_path / run / NAME, f"runs/shown/{run}/{NAME}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", "s3://runs/shown"])


def test_the_overview_of_a_bucket_shows_its_best_trial() -> None:
    app = visited("overview")
    assert next(iter(figures(app).values())) == "0.5800"
    assert "accuracy was chosen as the objective by its name" in said(app).replace("\\", "")
    assert "s3://runs/shown\n" in said(app)


def test_the_list_names_the_bucket() -> None:
    table = visited("runs").dataframe[0].value
    assert list(table["run"]) == ["shown"]
    assert list(table["source"]) == ["s3://runs/shown"]


def test_runs_of_ours_are_told_apart_and_how_they_come_home_is_told(
    files: S3FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plan.yaml").write_text("name: shown\n", encoding="utf-8")
    put(files, tmp_path / "plan.yaml", "runs/shown/plan.yaml")
    monkeypatch.setattr("sys.argv", ["dashboard", "--runs-dir", "s3://runs"])
    assert list(visited("runs").dataframe[0].value["run"]) == ["shown"]
    app = visited("overview", run="shown")
    assert next(iter(figures(app).values())) == "0.5800"
    assert "python -m search.fetch s3://runs/shown" in said(app)


def test_no_search_begins_in_a_bucket() -> None:
    app = visited("new")
    assert "can only be read from here" in app.info[0].value
    assert not app.button
