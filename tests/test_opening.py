"""A run in a bucket is steered on its driver's machine, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from search import confirm, enqueue, importance, note, opening, resume, status, stop
from search.opening import driven_here
from search.runs.layout import RunLayout
from search.runs.lease import Holder, Lease
from search.verb import UserError

ADDRESS = "s3://team/runs/mine"


class Looked:
    """A run of which only its driver is looked at."""

    driver = Holder("far", 7, 1.0, 2.0)


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was opened, instead of being opened."""
    found: list[Any] = []

    def run_of(path: Any, storage: str | None = None) -> Any:
        found.append(path)
        return Looked()

    monkeypatch.setattr(opening, "run_of", run_of)
    monkeypatch.setattr(opening, "local_root", lambda address: tmp_path / "mine")
    return found


def test_a_search_of_a_bucket_is_asked_in_the_copy_that_its_driver_works_in(
    looked: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    with Lease(RunLayout(tmp_path / "mine")):
        driven_here(ADDRESS)
    assert looked == [tmp_path / "mine"]


def test_one_whose_driver_is_elsewhere_is_refused(looked: list[Any]) -> None:
    with pytest.raises(
        UserError, match=f"{ADDRESS}: far drives this run, and is asked on that machine alone"
    ):
        driven_here(ADDRESS)
    assert looked == [ADDRESS]


def test_one_that_is_only_being_confirmed_is_refused_at_once(looked: list[Any], tmp_path: Path) -> None:
    layout = RunLayout(tmp_path / "mine")
    layout.confirming.root.mkdir(parents=True)
    with Lease(layout.confirming):
        with (
            Lease(layout),
            pytest.raises(UserError, match=f"{ADDRESS}: process .* is confirming it, and takes no"),
        ):
            driven_here(ADDRESS)
        assert looked == []
        with driver_in_another_process(layout):
            driven_here(ADDRESS)
    assert looked == [layout.root]


@contextmanager
def driver_in_another_process(layout: RunLayout) -> Iterator[None]:
    with Lease(layout):
        said = json.loads(layout.lease.read_text())
        layout.lease.write_text(json.dumps({**said, "process": said["process"] + 1}))
        yield


def test_an_address_of_a_bucket_keeps_its_two_slashes() -> None:
    for verb in (confirm, enqueue, importance, resume, status, stop):
        assert verb.parser().parse_args([ADDRESS]).run == ADDRESS
    assert note.parser().parse_args([ADDRESS, "7", "odd"]).run == ADDRESS
