"""One finished small search, and one bundle of it in all usual formats, for all tests that only read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import search
from search.winner.export import Exported, export
from tests.inprocess import finished_run

FORMATS = ("onnx", "torch_export", "onnx_int8")


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("finished"))


@pytest.fixture(scope="session")
def copy(finished: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the run that may be exported into."""
    return Path(shutil.copytree(finished, tmp_path_factory.mktemp("copy") / "tiny"))


@pytest.fixture(scope="session")
def exported(copy: Path) -> Exported:
    """The best trial, in all formats of the base packages; to be read, not changed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        return export(search.open_run(copy), names=FORMATS)


@pytest.fixture(autouse=True)
def _no_plan_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process trains on as many threads as this one, whatever the machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
