"""A long pass over image files is told of: when, how often, by which figures; a short one is not."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from PIL import Image

from search.plan.trial_config import DataConfig
from search.training.data import headway, load_data
from search.training.data.headway import Headway, followed, watched


def heard(total: int, seconds: float) -> list[Headway]:
    """Follow a pass whose every image takes so many seconds."""
    said: list[Headway] = []
    ticks = count()
    with watched(said.append):
        items = followed(range(total), "decoding", total, clock=lambda: next(ticks) * seconds)
        assert list(items) == list(range(total))
    return said


def test_a_long_pass_is_told_of_four_times_a_second_and_at_its_end() -> None:
    said = heard(101, 0.0625)
    assert said[0] == Headway("decoding", 16, 101, 1.0)
    assert [one.done for one in said] == [*range(16, 101, 4), 101]
    assert said[0].left == pytest.approx((101 - 16) * 0.0625)
    assert said[-1].left == 0


def test_a_pass_that_is_over_within_a_second_is_not_told_of() -> None:
    assert heard(9, 0.1) == []


def test_nobody_is_told_once_the_listener_has_gone() -> None:
    said: list[Headway] = []
    with watched(said.append):
        pass
    ticks = count()
    list(followed(range(5), "decoding", 5, clock=lambda: float(next(ticks))))
    assert said == []


def test_both_passes_over_a_folder_of_images_are_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their headers are read, then their pixels; once on a machine."""
    monkeypatch.setattr(headway, "QUIET", 0.0)
    for index in range(6):
        folder = tmp_path / "images" / ("cat", "dog")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.new("L", (4, 4), 40 * index).save(folder / f"{index}.png")
    said: list[Headway] = []
    with watched(said.append):
        for access in ("auto", "streamed"):  # the second finds them decoded
            load_data(
                DataConfig("image_folder", validation=0.5),
                directory=tmp_path / "images",
                cache=tmp_path / "cache",
                access=access,  # type: ignore[arg-type]
            )
    ends = [(one.doing, one.total) for one in said if one.done == one.total]
    assert ends == [("looking at", 6), ("decoding", 6)]
