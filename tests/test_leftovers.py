"""The guard around every test notices what is left, whoever its parent is, and waits for what is about to end."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests import leftovers
from tests.leftovers import nothing_left

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leftovers, "GRACE", 0.2)


@pytest.mark.usefixtures("impatient")
def test_a_process_that_stays_is_named() -> None:
    with pytest.raises(AssertionError, match=r"left behind: process \d+: .*sleep\(60\)"), nothing_left():
        process = subprocess.Popen(SLEEP)
    process.kill()
    process.wait()


@pytest.mark.usefixtures("impatient")
def test_a_grandchild_whose_parent_has_gone_is_named() -> None:
    script = f"import subprocess as s; print(s.Popen({SLEEP!r}, stdout=s.DEVNULL).pid)"
    with pytest.raises(AssertionError, match=r"left behind: process \d+: .*sleep\(60\)"), nothing_left():
        said = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True, text=True)
    os.kill(int(said.stdout), 9)


@pytest.mark.usefixtures("impatient")
def test_a_thread_that_stays_is_named() -> None:
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait, name="patient")
    with pytest.raises(AssertionError, match="left behind: thread patient"), nothing_left():
        thread.start()
    go_on.set()
    thread.join()


@pytest.mark.usefixtures("impatient")
def test_a_folder_of_a_search_that_stays_is_named(tmp_path: Path) -> None:
    (tmp_path / "owner").write_text(str(os.getpid()))
    folder = Path(f"/tmp/winnow-left-{os.getpid()}")
    with pytest.raises(AssertionError, match=f"left behind: {folder}"), nothing_left():
        folder.symlink_to(tmp_path)
    folder.unlink()


def test_what_ends_by_itself_and_what_was_there_before_are_left_in_peace() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as older:
        with nothing_left():
            newer = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.5)"])
            reaper = threading.Thread(target=newer.wait)
            reaper.start()
        assert older.poll() is None
        older.communicate(b"\n")
    reaper.join()
