"""Arrays as a data set: split like any other, and what does not belong together is refused."""

from __future__ import annotations

import numpy as np
import pytest

from search.training.data.arrays import data_of_arrays
from search.training.data.splits import stratified_split
from search.training.errors import DataError

random = np.random.default_rng(0)
IMAGES = random.integers(0, 256, (30, 9, 8, 3), dtype=np.uint8)
LABELS = np.arange(30) % 3


def test_mean_and_deviation_are_those_of_the_training_split() -> None:
    data = data_of_arrays(IMAGES, LABELS, validation=0.2, split_seed=4)
    kept, held = stratified_split(LABELS, 0.2, 4)
    assert np.array_equal(data.train.indices, kept)
    assert np.array_equal(data.validation.indices, held)
    pixels = IMAGES[kept].reshape(-1, 3) / 255
    assert data.mean == pytest.approx(pixels.mean(axis=0))
    assert data.std == pytest.approx(pixels.std(axis=0))
    assert data.shape == (3, 9, 8)


def test_labels_may_be_names_and_grey_images_need_no_channel() -> None:
    data = data_of_arrays(IMAGES[..., 0], np.array(["b", "c", "a"])[LABELS])
    assert (data.classes, data.shape) == (("a", "b", "c"), (1, 9, 8))
    assert data.train.labels[:3].tolist() == [1, 2, 0]


def test_names_of_classes_go_with_their_places() -> None:
    assert data_of_arrays(IMAGES, LABELS, classes=("x", "y", "z")).classes == ("x", "y", "z")


@pytest.mark.parametrize(
    ("images", "labels", "classes", "said"),
    [
        (IMAGES.astype(float), LABELS, None, "but got float64"),
        (IMAGES[..., :2], LABELS, None, "with 1 or 3 channels"),
        (IMAGES, LABELS[:-1], None, r"\(30,\), but got int64 \(29,\)"),
        (IMAGES, LABELS / 2, None, "whole numbers or names"),
        (IMAGES, LABELS, ("x", "y"), "must be 0 to 1"),
        (IMAGES, LABELS, ("x", "y", "z", "none"), "but none has fewer"),
        (IMAGES, np.zeros(30, int), None, "one class, 0"),
        (IMAGES, np.arange(30), None, "needs 2 images"),
    ],
)
def test_what_does_not_belong_together_is_refused(
    images: object, labels: object, classes: object, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        data_of_arrays(images, labels, classes=classes)
