"""One finished search that the tests of this folder share: a user's own network beside a built-in one."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.cli.plugin import write_space
from tests.faults.searches import Ended, done


@dataclass(frozen=True)
class Finished:
    """A search that has ended, and what its driver said (`--json`)."""

    root: Path
    ended: Ended


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Three trials that all completed their three epochs; only read it, or copy it.

    One for all workers of pytest-xdist: it takes a Ray of its own, half a minute of a core.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "finished"
    folder.mkdir(exist_ok=True)
    said = folder / "said.json"
    with FileLock(folder / "lock"):
        if not said.exists():
            space = write_space(folder, trials=3, scheduler="none")
            ended = done("run", "--space", space, "--runs-dir", str(folder / "runs"), "--json", folder=folder)
            said.write_text(json.dumps(asdict(ended)), encoding="utf-8")
    return Finished(folder / "runs" / "mine", Ended(**json.loads(said.read_text(encoding="utf-8"))))
