"""Predictions on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.training.predictions import Predictions


def example() -> Predictions:
    logits = np.arange(6, dtype=np.float16).reshape(3, 2)
    return Predictions(logits, np.array([0, 1, 0]), np.array([4, 7, 9]), step=5)


def test_what_was_saved_is_read_back_without_pickle(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "validation.npz"
    example().save(path)
    again = Predictions.load(path)
    for name in ("logits", "labels", "indices", "step"):
        assert np.array_equal(getattr(again, name), getattr(example(), name))
        assert np.asarray(getattr(again, name)).dtype == np.asarray(getattr(example(), name)).dtype
    assert list(path.parent.iterdir()) == [path]


def test_another_format_is_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "x.npz", format=np.int64(99))
    with pytest.raises(ValueError, match="format 1 are expected, found 99"):
        Predictions.load(tmp_path / "x.npz")
