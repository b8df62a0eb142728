"""What is brought home is the run that is here, and what is asked of it arrives there with that machine's clock.

The head is a folder of this machine here; tests/cluster/test_link.py has a real one.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from search.cluster import fetch_ssh as fetching
from search.cluster.errors import ClusterError
from search.cluster.fetch_ssh import fetch_ssh
from search.cluster.link import Link
from search.cluster.ssh import Login
from search.runs.layout import RunLayout
from search.runs.lease import Lease
from search.runs.requests import send


class Here:
    """A link to a head that is this machine."""

    login = Login("head", "me")

    def run(self, words: Sequence[str], **_: Any) -> bytes:
        """Run a command."""
        return subprocess.run(words, check=True, capture_output=True).stdout

    def rsync(self, words: Sequence[str]) -> None:
        """Copy."""
        subprocess.run(["rsync", "--archive", *words], check=True, capture_output=True)

    def place_of(self, path: str) -> str:
        """Return a path there."""
        return path


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """A run there whose study is in a database."""
    if shutil.which("rsync") is None or shutil.which("flock") is None:
        pytest.skip("needs rsync and flock")
    run = tmp_path / "there"
    run.mkdir()
    (run / "plan.yaml").write_text("name: mine\n", encoding="utf-8")
    keep(run, "a")
    return run


def keep(run: Path, id: str) -> None:
    """Note the database and the run's id."""
    document = {"url": "postgresql://u@db/o", "study": "mine", "run": id}
    (run / "storage.json").write_text(json.dumps(document, indent=2), encoding="utf-8")


def brought(run: Path, folder: Path) -> fetching.Fetched:
    return fetch_ssh(cast(Link, Here()), str(run), folder, cluster="cluster.yaml")


def test_another_run_of_that_name_is_told_by_its_id_where_no_journal_tells_it(
    there: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    brought(there, home)
    brought(there, home)
    kept = (home / "storage.json").read_text(encoding="utf-8")
    keep(there, "b")
    with pytest.raises(ClusterError, match="another run of that name is here already"):
        brought(there, home)
    (there / "storage.json").unlink()
    with pytest.raises(ClusterError, match="another run of that name is here already"):
        brought(there, home)
    assert (home / "storage.json").read_text(encoding="utf-8") == kept


def test_two_fetches_at_once_continue_the_journal_once(there: Path, tmp_path: Path) -> None:
    """`search.run --cluster` brings a run home every few seconds, and so does somebody's `search.fetch --watch`."""
    (there / "study.journal").write_text('{"a": 1}\n' * 50, encoding="utf-8")
    both = threading.Barrier(2)

    class Slow(Here):
        def rsync(self, words: Sequence[str]) -> None:
            try:
                both.wait(0.5)  # the other one, too, has seen how long the journal is here
            except threading.BrokenBarrierError:
                both.reset()
            super().rsync(words)

    def fetch(_: int) -> int:
        return fetch_ssh(cast(Link, Slow()), str(there), tmp_path / "home", cluster="cluster.yaml").new

    with ThreadPoolExecutor(2) as pool:
        new = list(pool.map(fetch, range(2)))
    assert (tmp_path / "home" / "study.journal").read_text() == '{"a": 1}\n' * 50
    assert sorted(new) == [0, 450]


def test_a_driver_is_seen_of_a_run_with_and_without_a_database(there: Path, tmp_path: Path) -> None:
    with Lease(RunLayout(there)):
        found = brought(there, tmp_path / "home").driver
        assert found is not None
        assert found.process == os.getpid()
        (there / "storage.json").unlink()
        (there / "study.journal").write_text("{}\n", encoding="utf-8")
        assert brought(there, tmp_path / "other").driver == found
    assert brought(there, tmp_path / "other").driver is None


def test_what_a_laptop_asks_whose_clock_is_behind_is_not_taken_for_an_old_wish(
    there: Path, tmp_path: Path
) -> None:
    home = RunLayout(tmp_path / "home")
    brought(there, home.root)
    asked = home.requests / f"{send(home, 'stop').id}.json"
    os.utime(asked, (1e9, 1e9))
    with Lease(RunLayout(there)) as lease:
        brought(there, home.root)
        assert not lease.older(there / "requests" / asked.name)
    assert not asked.exists()
