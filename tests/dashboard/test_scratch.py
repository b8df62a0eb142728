"""Folders for a moment: their number is bounded, nobody else opens them, and they go with the server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dashboard.scratch import MOST_FOLDERS, Scratch


@pytest.fixture
def scratch() -> Iterator[Scratch]:
    made = Scratch()
    yield made
    made.end()


def test_only_so_many_folders_are_there_and_the_oldest_goes(scratch: Scratch) -> None:
    made = [scratch.folder() for _ in range(MOST_FOLDERS + 2)]
    (made[-1] / "file").write_bytes(b"x")
    assert [folder.is_dir() for folder in made] == [False] * 2 + [True] * MOST_FOLDERS
    assert len(set(made)) == len(made)


def test_only_this_user_can_open_them(scratch: Scratch) -> None:
    folder = scratch.folder()
    assert folder.stat().st_mode & 0o077 == 0
    assert folder.parent.stat().st_mode & 0o077 == 0


def test_the_end_removes_them_all_and_a_new_beginning_is_possible(scratch: Scratch) -> None:
    folder = scratch.folder()
    (folder / "file").write_bytes(b"x")
    scratch.end()
    assert not folder.parent.exists()
    scratch.end()  # once more does no harm
    assert scratch.folder().is_dir()
