"""A run's validation images: the very pixels that its trials saw, or a sentence that says why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search.plan.trial_config import DataConfig
from search.runs.images import NoImages, class_names, describe, open_images, refuse_other_images
from search.runs.layout import RunLayout
from search.training.data import load_data
from search.training.errors import DataError


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "cache" / "images" / "some-0123"
    folder.mkdir(parents=True)
    np.save(folder / "train.images.npy", np.arange(5 * 2 * 3, dtype=np.uint8).reshape(5, 2, 3, 1))
    return tmp_path / "cache"


SAID = {"split": "f", "classes": ["a", "b"], "shape": [1, 2, 3], "entry": "some-0123", "rows": "train"}


def run(tmp_path: Path, **changed: Any) -> RunLayout:
    layout = RunLayout(tmp_path / "run")
    layout.root.mkdir(exist_ok=True)
    layout.images.write_text(json.dumps({**SAID, **changed}))
    return layout


def test_the_images_are_those_of_the_validation_split(tmp_path: Path) -> None:
    data = load_data(DataConfig("digits"), cache=tmp_path / "cache")
    layout = RunLayout(tmp_path)
    said = describe(data.split_fingerprint, data.classes, data.shape, data.validation.images)
    layout.images.write_text(json.dumps(said))
    found = open_images(layout, cache=tmp_path / "cache")
    rows = data.validation.indices[:7]
    assert np.array_equal(found.at(rows), data.validation.images[rows])
    assert class_names(layout, 10) == data.classes


def test_images_that_are_in_no_cache_are_described_without_a_place() -> None:
    assert "entry" not in describe("f", ("a", "b"), (1, 2, 3), np.zeros((5, 2, 3, 1), np.uint8))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"entry": None}, "older version"),
        ({"entry": "../some-0123"}, "no entry of the cache"),
        ({"entry": "/etc"}, "no entry of the cache"),
        ({"entry": ["some-0123"]}, "no entry of the cache"),
        ({"rows": "../train"}, "no entry of the cache"),
        ({"rows": "validation"}, "not on this machine"),
        ({"entry": "other-0123"}, "not on this machine"),
        ({"shape": [3, 2, 3]}, "images of"),
    ],
)
def test_what_names_no_images_is_refused_in_a_sentence(
    tmp_path: Path, cache: Path, changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(NoImages, match=said):
        open_images(run(tmp_path, **changed), cache=cache)


def test_images_that_are_decoded_on_the_fly_are_said_to_be_in_no_cache(tmp_path: Path, cache: Path) -> None:
    (cache / "images" / "some-0123" / "train.images.npy").rename(
        cache / "images" / "some-0123" / "train.files.npy"
    )
    with pytest.raises(NoImages, match="decoded on the fly"):
        open_images(run(tmp_path), cache=cache)


def test_a_link_that_leads_out_of_the_cache_is_refused(tmp_path: Path, cache: Path) -> None:
    (cache / "images" / "some-0123").rename(tmp_path / "outside")
    (cache / "images" / "some-0123").symlink_to(tmp_path / "outside")
    with pytest.raises(NoImages, match="leads out of the cache"):
        open_images(run(tmp_path), cache=cache)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"no array"])
def test_damaged_images_are_refused(tmp_path: Path, cache: Path, content: bytes) -> None:
    (cache / "images" / "some-0123" / "train.images.npy").write_bytes(content)
    with pytest.raises(NoImages, match="cannot be read"):
        open_images(run(tmp_path), cache=cache)


@pytest.mark.parametrize("text", ["[", "[]", '"x"', "[" * 100_000])
def test_a_damaged_description_is_refused_and_the_classes_are_numbers(tmp_path: Path, text: str) -> None:
    layout = run(tmp_path)
    layout.images.write_text(text)
    with pytest.raises(NoImages):
        open_images(layout)
    assert class_names(layout, 2) == ("0", "1")


def test_names_of_another_number_of_classes_are_not_believed(tmp_path: Path) -> None:
    assert class_names(run(tmp_path), 3) == ("0", "1", "2")


def test_rows_that_are_not_there_and_too_many_rows_are_refused(tmp_path: Path, cache: Path) -> None:
    found = open_images(run(tmp_path), cache=cache)
    assert found.at([]).shape == (0, 2, 3, 1)
    with pytest.raises(NoImages, match="image 5 was asked for"):
        found.at([0, 5])
    with pytest.raises(NoImages, match="too many"):
        found.at([0] * 501)


def test_the_images_that_a_run_began_with_are_accepted_and_others_refused(tmp_path: Path) -> None:
    layout = run(tmp_path, split="f")
    refuse_other_images(layout, "f", "photos")
    with pytest.raises(DataError, match="photos: these are not the images that run began with"):
        refuse_other_images(layout, "g", "photos")


@pytest.mark.parametrize("content", [None, "", "[]", "{"])
def test_a_run_that_does_not_say_its_images_names_the_file(tmp_path: Path, content: str | None) -> None:
    layout = RunLayout(tmp_path)
    if content is not None:
        layout.images.write_text(content)
    with pytest.raises(DataError, match=r"images\.json: put that file back"):
        refuse_other_images(layout, "f", "photos")
