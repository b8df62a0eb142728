"""One folder with all that the pages speak of, made once; each test has a copy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from search.training.augmentations.registry import augmentations
from search.training.data import datasets
from search.training.vocabulary import SELECTORS
from search.tuning.parts import samplers, schedulers
from search.winner.formats import formats
from tests.docs.project import make_project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder; only read it, or copy it."""
    folder = tmp_path_factory.mktemp("project")
    make_project(folder)
    return folder


@pytest.fixture
def folder(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the folder, in which this test works, and which is its home."""
    copy = Path(shutil.copytree(project, tmp_path / "project"))
    monkeypatch.chdir(copy)
    monkeypatch.setenv("HOME", str(copy))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return copy


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what this test registers be forgotten behind it."""
    recipe = [registry for registry, _ in SELECTORS.values()]
    for registry in (*recipe, augmentations, datasets, samplers, schedulers, formats):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
