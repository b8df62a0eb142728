"""A validation.npz that is damaged, huge or hostile is refused in a sentence."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from search.runs.predictions import MOST_BYTES, PredictionsError, count_images, read_predictions
from search.training.predictions import Predictions

GOOD = Predictions(np.eye(4, 3, dtype=np.float16), np.array([0, 1, 2, 0]), np.array([1, 5, 6, 9]), 2)


def test_what_a_trial_has_saved_is_read_back(tmp_path: Path) -> None:
    GOOD.save(tmp_path / "validation.npz")
    found = read_predictions(tmp_path / "validation.npz")
    assert np.array_equal(found.logits, GOOD.logits)
    assert (found.labels.tolist(), found.indices.tolist(), found.step) == ([0, 1, 2, 0], [1, 5, 6, 9], 2)


def test_the_images_are_counted_without_reading_them_and_damage_counts_none(tmp_path: Path) -> None:
    path = tmp_path / "validation.npz"
    assert count_images(path) is None
    GOOD.save(path)
    assert count_images(path) == 4
    path.write_bytes(b"PK nonsense")
    assert count_images(path) is None


def arrays(**changed: Any) -> dict[str, Any]:
    return {"format": np.int64(1), **vars(GOOD), "step": np.int64(2), **changed}


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"logits": np.zeros((4, 3))}, "float16 logits"),
        ({"logits": np.zeros((3, 3), np.float16)}, "3 images, but labels"),
        ({"logits": np.full((4, 3), np.nan, np.float16)}, "not finite"),
        ({"labels": np.array([0, 1, 2, 3])}, "labels of 0 to 2"),
        ({"labels": np.array([0.0, 1, 2, 0])}, "whole numbers"),
        ({"indices": np.array([-1, 5, 6, 9])}, "indices from 0 are expected.*indices from -1"),
        ({"format": np.int64(9)}, "format 1 are expected"),
        ({"step": np.int64(0)}, "a step of at least 1 is expected, but got 0"),
        ({"labels": np.array([None] * 4, dtype=object)}, "objects"),
    ],
)
def test_arrays_that_do_not_belong_together_are_refused(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = tmp_path / "validation.npz"
    np.savez(path, **arrays(**changed))
    with pytest.raises(PredictionsError, match=said):
        read_predictions(path)


def test_an_array_that_is_missing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "validation.npz"
    np.savez(path, **{name: value for name, value in arrays().items() if name != "indices"})
    with pytest.raises(
        PredictionsError, match=r"is damaged: There is no item named 'indices\.npy' in the archive"
    ):
        read_predictions(path)


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


def flipped(content: bytes) -> bytes:
    middle = content.index(b"logits.npy") + 80
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def text(_: bytes) -> bytes:
    return b"not a zip file"


@pytest.mark.parametrize("damage", [cut, flipped, text, lambda _: b""])
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "validation.npz"
    GOOD.save(path)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(PredictionsError, match="is damaged"):
        read_predictions(path)


@pytest.mark.parametrize("rows", [10**4, 10**15])
def test_a_header_that_promises_more_than_there_is_makes_no_room_for_it(tmp_path: Path, rows: int) -> None:
    path = tmp_path / "validation.npz"
    np.savez(path, **arrays())
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        header, {"descr": "<f2", "fortran_order": False, "shape": (rows, 1000)}
    )
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "new.npz", "w") as new:
        for name in old.namelist():
            new.writestr(name, header.getvalue() if name == "logits.npy" else old.read(name))
    with pytest.raises(PredictionsError, match="bytes and has"):
        read_predictions(tmp_path / "new.npz")


def test_a_file_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_BYTES > 100 * 2**20, "ImageNet's validation split must fit"
    monkeypatch.setattr("search.runs.predictions.MOST_BYTES", 50)
    GOOD.save(tmp_path / "validation.npz")
    with pytest.raises(PredictionsError, match="at most 50 are read"):
        read_predictions(tmp_path / "validation.npz")


def test_a_trial_without_predictions_says_so(tmp_path: Path) -> None:
    with pytest.raises(PredictionsError, match="has kept no predictions"):
        read_predictions(tmp_path / "validation.npz")
