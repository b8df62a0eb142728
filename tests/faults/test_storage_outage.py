"""Storage that is gone for a minute: the search waits and goes on by itself, and nothing is lost or doubled."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from search.runs.reader import open_run
from tests.faults.searches import Living, living, medium_space, opened, reports
from tests.faults.whole import assert_record, assert_whole
from tests.postgres import postgres

pytestmark = [pytest.mark.timeout(1200), pytest.mark.slow]


class Share:
    """A folder that is mounted, as a network share is, and may be unmounted under a running search."""

    def __init__(self, folder: Path) -> None:
        self._real, self.place = folder / "server", folder / "share"
        self._real.mkdir()
        self.place.mkdir()

    def mount(self) -> None:
        subprocess.run(["mount", "--bind", str(self._real), str(self.place)], check=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)


@contextmanager
def share(folder: Path) -> Iterator[Share]:
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a folder")
    made = Share(folder)
    made.mount()
    try:
        yield made
    finally:
        with suppress(subprocess.CalledProcessError):
            made.unmount()


@contextmanager
def searching(runs: Path, *more: str, folder: Path) -> Iterator[Living]:
    """Start a search of six trials."""
    space = medium_space(folder, trials=6)
    with living("run", "--local", "--space", space, "--runs-dir", str(runs), *more, folder=folder) as search:
        yield search


def said(search: Living, text: str) -> None:
    search.until(text, lambda: text in search.out)


@pytest.mark.root
def test_a_share_that_is_unmounted_for_a_while_stops_nothing(tmp_path: Path) -> None:
    with share(tmp_path) as disk:
        root = disk.place / "runs" / "digits"
        with searching(root.parent, folder=tmp_path) as search:
            search.until("some epochs", lambda: reports(root) >= 3)
            disk.unmount()
            said(search, "the search waits until it is there again, at most 10 minutes")
            time.sleep(60)
            disk.mount()
            said(search, "the search goes on")
            ended = search.wait()
        sys.stdout.write(ended.out)
        assert ended.code == 0, ended.err
        run = assert_whole(root, trials=6)
    endings = [stint.ending for trial in run.trials for stint in trial.record.stints]
    assert "orphaned" in endings
    assert not {"failed", "crashed"} & set(endings)


def test_a_database_that_is_killed_and_started_again_stops_nothing(tmp_path: Path) -> None:
    root = tmp_path / "runs" / "digits"
    with postgres() as database:
        with searching(root.parent, "--storage", database.url, folder=tmp_path) as search:
            search.until("some epochs", lambda: (run := opened(root)) and run.progress().epochs_spent >= 3)
            database.stop("immediate")
            said(search, "the search waits until it is there again, at most 10 minutes")
            time.sleep(60)
            database.start()
            said(search, "the search goes on")
            ended = search.wait()
        sys.stdout.write(ended.out)
        assert ended.code == 0, ended.err
        run = open_run(root)
        assert [trial.number for trial in run.trials] == list(range(6))
        for trial in run.trials:
            assert trial.status in ("completed", "stopped")
            assert_record(trial, dict(trial.record.values))


def test_a_stop_ends_the_waiting(tmp_path: Path) -> None:
    root = tmp_path / "runs" / "digits"
    with postgres() as database:
        with searching(root.parent, "--storage", database.url, folder=tmp_path) as search:
            search.until("an epoch", lambda: (run := opened(root)) and run.progress().epochs_spent >= 1)
            database.stop("immediate")
            said(search, "the search waits")
            search.send(2)  # Ctrl-C
            ended = search.wait()
        assert ended.code == 1
        assert ended.err.strip().endswith(f"go on by `python -m search.resume {root}`")
