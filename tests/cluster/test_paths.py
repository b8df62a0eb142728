"""Names and folders on the command line mean the same run from every laptop."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.cluster.paths import copy_there, free_name, run_there, runs_there


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("runs", "/home/me/winnow/runs"),
        ("team/runs/", "/home/me/winnow/team/runs"),
        ("/mnt/nfs/runs", "/mnt/nfs/runs"),
        ("s3://bucket/runs/", "s3://bucket/runs"),
    ],
)
def test_a_relative_folder_of_runs_lies_below_winnow_in_the_home_directory(said: str, there: str) -> None:
    assert runs_there("/home/me", said) == there


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ("digits", "/home/me/winnow/runs/digits"),
        ("runs/digits/", "/home/me/winnow/runs/digits"),
        ("/mnt/nfs/runs/digits", "/mnt/nfs/runs/digits"),
        ("s3://bucket/runs/digits", "s3://bucket/runs/digits"),
    ],
)
def test_a_run_is_known_by_its_name_or_its_folder(said: str, there: str) -> None:
    assert run_there("/home/me", said) == there


def test_a_name_belongs_to_the_folder_of_runs_that_was_told() -> None:
    assert run_there("/home/me", "digits", "/mnt/runs") == "/mnt/runs/digits"
    assert run_there("/home/me", "digits", "s3://bucket/runs") == "s3://bucket/runs/digits"


def test_folders_of_one_name_are_copied_to_different_places() -> None:
    first, second = (copy_there("/home/me", "data", Path(path)) for path in ("/a/cifar", "/b/cifar"))
    assert first != second
    assert first.startswith("/home/me/winnow/data/cifar-")
    assert first == copy_there("/home/me", "data", Path("/a/cifar"))


def test_a_name_that_is_taken_is_numbered_as_on_one_machine() -> None:
    assert free_name("digits", set()) == "digits"
    assert free_name("digits", {"digits", "digits-2", "digits-4"}) == "digits-3"
