"""Which images are meant: files, folders, lists; a bound on all of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from search.winner.images_given import TooManyImages, images_given


def test_files_folders_and_lists_come_in_their_order(tmp_path: Path) -> None:
    for name in (
        "b/2.png",
        "b/1.JPG",
        "b/deep/0.webp",
        "b/.hidden/3.png",
        "b/.4.png",
        "b/notes.txt",
        "a.xyz",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    os.mkfifo(tmp_path / "b" / "pipe.png")
    found = images_given(
        [str(tmp_path / "a.xyz"), "-", str(tmp_path / "b")], ["one.png\n", "\n", "two three.png\r\n"]
    )
    names = [path.relative_to(tmp_path).as_posix() if path.is_absolute() else str(path) for path in found]
    assert names == ["a.xyz", "one.png", "two three.png", "b/1.JPG", "b/2.png", "b/deep/0.webp"]


def test_more_than_allowed_are_refused_before_they_are_counted(tmp_path: Path) -> None:
    endless = (f"{number}.png" for number in iter(int, 1))
    with pytest.raises(TooManyImages, match="at most 5 images"):
        images_given(["-"], endless, most=5)
    assert len(images_given(["-"], ["a"] * 5, most=5)) == 5
