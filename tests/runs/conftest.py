"""One finished small search for all tests that only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inprocess import finished_run


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("finished"))
