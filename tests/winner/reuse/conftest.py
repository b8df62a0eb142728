"""One small bundle for all tests of this folder that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

import search
from search.winner.classifier import Classifier
from tests.small_bundle import small_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_bundle(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def classifier(bundle: Path) -> Classifier:
    return search.load(bundle)
