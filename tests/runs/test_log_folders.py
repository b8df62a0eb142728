"""Searches of other programs are found where people put them, and ours are not taken for theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyarrow.fs import S3FileSystem

from search.runs.layout import RunLayout, write_text
from search.runs.log_folders import find_foreign
from tests.buckets import server
from tests.runs.logs.test_event_bucket import files, put
from tests.runs.logs.writing import NAME, VERSION, scalars, write

__all__ = ["files", "server"]


def log(folder: Path) -> None:
    write(folder / NAME, [VERSION, scalars(1, acc=1)])


def names(folder: Path) -> list[tuple[str, bool, list[str]]]:
    return [
        (found.name, found.flat, [run.name for run in found.open(cache=False).refresh().runs])
        for found in find_foreign(folder)
    ]


def test_a_child_with_logs_below_it_is_a_search_and_our_runs_are_not(tmp_path: Path) -> None:
    log(tmp_path / "tune" / "trial_1")
    log(tmp_path / "tune" / "trial_2")
    log(tmp_path / "deep" / "a" / "b" / "validation")
    log(tmp_path / "ours" / "trials" / "0" / "1")
    write_text(RunLayout(tmp_path / "ours").plan, "name: ours\n")
    (tmp_path / "empty").mkdir()
    log(tmp_path / ".hidden" / "1")
    assert names(tmp_path) == [
        ("deep", False, ["a/b/validation"]),
        ("tune", False, ["trial_1", "trial_2"]),
    ]


def test_logs_directly_in_children_are_one_search_beside_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    log(folder / "Nov01_host")
    log(folder / "Nov02_host")
    log(folder / "Nov02_host" / "1700000000.5")
    log(folder / "tune" / "trial_1")
    log(folder / "ours" / "trials" / "0" / "1")
    write_text(RunLayout(folder / "ours").plan, "name: ours\n")
    assert names(folder) == [
        ("runs", True, ["Nov01_host", "Nov02_host", "Nov02_host/1700000000.5"]),
        ("tune", False, ["trial_1"]),
    ]


def test_a_run_that_begins_later_joins_its_search(tmp_path: Path) -> None:
    log(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (found,) = find_foreign(tmp_path)
    folder = found.open(cache=False)
    assert [run.name for run in folder.refresh().runs] == ["a"]
    log(tmp_path / "b")
    assert [run.name for run in folder.refresh().runs] == ["a", "b"]


def test_a_folder_that_does_not_exist_has_no_searches(tmp_path: Path) -> None:
    assert find_foreign(tmp_path / "nowhere") == []


@pytest.mark.parametrize("address", ["s3://runs/confirmed", "s3://runs/confirmed/mine"])
def test_what_a_confirmation_trained_is_no_trial_of_the_search(
    address: str, files: S3FileSystem, tmp_path: Path
) -> None:
    write(tmp_path / "1" / NAME, [VERSION, scalars(1, accuracy=0.5)])
    for folder in ("trials/0/1", "winner/confirmation/trials/0/1"):
        put(files, tmp_path / "1" / NAME, f"runs/confirmed/mine/{folder}/{NAME}")
    (tmp_path / "plan.yaml").write_text("name: mine\n", encoding="utf-8")
    for folder in ("mine", "mine/winner/confirmation"):
        put(files, tmp_path / "plan.yaml", f"runs/confirmed/{folder}/plan.yaml")
    (found,) = find_foreign(address)
    assert (found.name, found.ours) == ("mine", True)
    assert [run.name for run in found.open(cache=False).refresh().runs] == ["trials/0/1"]
