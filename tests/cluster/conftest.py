"""Hosts made of namespaces; where they cannot be made, their tests are skipped and say why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.hosts import Hosts
from tests.cluster.namespaces import why_not


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what is marked `root` where no hosts can be made."""
    if item.get_closest_marker("root") and (reason := why_not()):
        pytest.skip(reason)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Hosts]:
    """Three hosts and a laptop; mark the test `root`."""
    with Hosts(3, tmp_path / "hosts") as made:
        yield made
