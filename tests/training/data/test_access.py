"""What fits the disk and the memory, and how a size is said."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from search.training.data.access import fits_disk, fits_memory, size_text


@pytest.mark.parametrize(
    ("free", "nbytes", "fits"),
    [(1000, 500, True), (1000, 501, False), (10**15, 200 * 10**9, True), (10**15, 200 * 10**9 + 1, False)],
)
def test_images_take_half_of_what_is_free_and_200_gb_at_most(
    monkeypatch: pytest.MonkeyPatch, free: int, nbytes: int, fits: bool
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    assert fits_disk(nbytes, Path()) is fits


def test_images_take_half_of_the_memory() -> None:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert fits_memory(pages // 2)
    assert not fits_memory(pages // 2 + 1)


def test_sizes_are_said_in_words() -> None:
    assert [size_text(nbytes) for nbytes in (192_675_840_000, 153_600_000, 7)] == [
        "192.7 GB",
        "153.6 MB",
        "0.0 MB",
    ]
