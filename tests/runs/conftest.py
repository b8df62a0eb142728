"""One finished small search for all tests that only read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.inprocess import Search, plan_in


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    search = Search(plan_in(folder), folder / "runs" / "tiny")
    search.go()
    return search.layout.root
