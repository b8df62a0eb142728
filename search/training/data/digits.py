"""The 1,797 handwritten digits of 8×8 pixels that scikit-learn ships (Alpaydin and Kaynak 1998, the UCI test set)."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from pathlib import Path

import numpy as np

from search.plan.trial_config import DataConfig
from search.training.data.registry import datasets
from search.training.data.resizing import write_split
from search.training.data.source import Contents, Source, Writer
from search.training.data.splits import stratified_split

TEST_SHARE = 0.2
"""Of the images are the test split, chosen once for all: scikit-learn ships no split of its own."""


@datasets.register("digits")
def digits(config: DataConfig, directory: Path | None) -> Source:
    """Handwritten digits of 8×8 grey pixels; ships with scikit-learn, needs no directory."""
    identity = {"scikit-learn": version("scikit-learn"), "test": TEST_SHARE, "size": config.size}
    return Source("digits", identity, partial(_decode, config.size))


def _decode(size: int | None, writer: Writer) -> Contents:
    # Late, because scikit-learn takes 3 s to import here and only the process that decodes needs it.
    from sklearn.datasets import load_digits  # noqa: PLC0415

    bunch = load_digits()
    images = np.rint(bunch.images * (255 / 16)).astype(np.uint8)[..., None]  # 0-16 to 0-255, (N, 8, 8, 1)
    labels = bunch.target.astype(np.int64)
    train, test = stratified_split(labels, TEST_SHARE, seed=0)
    for name, rows in (("train", train), ("test", test)):
        write_split(writer, name, images[rows], labels[rows], side=size)
    return Contents(tuple(str(digit) for digit in range(10)))
