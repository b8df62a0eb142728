"""One finished search that the tests of this folder share: a user's own network beside a built-in one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cli.plugin import write_space
from tests.faults.searches import Ended, done


@dataclass(frozen=True)
class Finished:
    """A search that has ended, and what its driver said (`--json`)."""

    root: Path
    ended: Ended


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Three trials that all completed their three epochs; only read it, or copy it."""
    folder = tmp_path_factory.mktemp("finished")
    space = write_space(folder, trials=3, scheduler="none")
    ended = done("run", "--space", space, "--runs-dir", str(folder / "runs"), "--json", folder=folder)
    return Finished(folder / "runs" / "mine", ended)
