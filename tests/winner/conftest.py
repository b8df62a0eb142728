"""One finished small search for all tests that only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inprocess import finished_run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("finished"))


@pytest.fixture(autouse=True)
def _no_plan_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process trains on as many threads as this one, whatever the machine."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
