"""One small classifier for all tests of this folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import search
from search.training.data import load_data
from search.training.data.source import Images
from search.winner.classifier import Classifier
from tests.small_bundle import RECIPE, small_bundle


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder: Path = tmp_path_factory.mktemp("explained")
    return search.load(small_bundle(folder))


@pytest.fixture(scope="session")
def image() -> Images:
    """A handwritten digit of 8×8 pixels."""
    pixels: Images = np.array(load_data(RECIPE.config.data).validation.read()[0][2])
    return pixels
