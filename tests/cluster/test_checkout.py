"""What `ray up` copies to the machines is all that an installation needs, and none of the runs and data."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cluster.hosts import REPOSITORY


@pytest.mark.skipif(shutil.which("rsync") is None, reason="needs rsync")
@pytest.mark.parametrize("name", ["cluster.yaml", "docs/clusters/on-premise.yaml"])
def test_the_checkout_arrives_whole_without_runs_data_and_history(name: str, tmp_path: Path) -> None:
    config: dict[str, Any] = YAML(typ="safe").load((REPOSITORY / name).read_text(encoding="utf-8"))
    tracked = ("search/runs/layout.py", "search/training/data/cache.py", "pyproject.toml", "dashboard/app.py")
    left = (".git/config", ".venv/bin/python", "runs/a/plan.yaml", "data/a.png", "search/__pycache__/a.pyc")
    for each in (*tracked, *left):
        path = tmp_path / "here" / each
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    excludes = [word for pattern in config["rsync_exclude"] for word in ("--exclude", pattern)]
    # As Ray calls it: `SSHCommandRunner.run_rsync_up`, with a folder's trailing slash from `sync_file_mounts`.
    subprocess.run(["rsync", "-az", *excludes, f"{tmp_path}/here/", f"{tmp_path}/there"], check=True)
    arrived = {str(path.relative_to(tmp_path / "there")) for path in (tmp_path / "there").rglob("*.*")}
    assert arrived & {*tracked, *left} == set(tracked)
