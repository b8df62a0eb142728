"""The fixture that all tests run under sees what it is there to see."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from search.tuning import owned_folder
from tests import leftovers


@contextmanager
def a_process() -> Iterator[None]:
    sleeper = subprocess.Popen(["sleep", "600"], start_new_session=True)
    # The kernel shows an empty environment for an instant after a program has been started.
    while not Path(f"/proc/{sleeper.pid}/environ").read_bytes():
        time.sleep(0.01)
    yield
    sleeper.kill()
    sleeper.wait()


@contextmanager
def a_thread() -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait, name="forgotten")
    thread.start()
    yield
    over.set()
    thread.join()


@contextmanager
def a_folder() -> Iterator[None]:
    folder = Path(tempfile.mkdtemp(prefix=owned_folder.PREFIX, dir=owned_folder.HOME))
    (folder / "owner").write_text(str(os.getpid()))
    yield
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("leave", "word"), [(a_process, "sleep 600"), (a_thread, "forgotten"), (a_folder, owned_folder.PREFIX)]
)
def test_what_is_left_behind_is_named(leave: object, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert callable(leave)
    left = leave()
    with monkeypatch.context() as patch:
        patch.setattr(leftovers, "GRACE", 0.0)
        with pytest.raises(AssertionError, match=word), leftovers.nothing_left():
            left.__enter__()
    left.__exit__(None, None, None)


def test_a_folder_is_swept_when_its_owner_is_dead_and_only_then() -> None:
    """Its lock is held by a living process, free after a dead one; without an owner's file it is being made."""
    with owned_folder.owned_folder() as owned:
        dead, new = (
            Path(tempfile.mkdtemp(prefix=owned_folder.PREFIX, dir=owned_folder.HOME)) for _ in range(2)
        )
        (dead / "owner").write_text("1")
        script = "import sys, time; file = open(sys.argv[1], 'w'); print('open', flush=True); time.sleep(600)"
        command = ["python3", "-c", script, str(dead / "log")]
        user = subprocess.Popen(command, stdout=subprocess.PIPE)
        try:
            assert user.stdout is not None
            assert user.stdout.readline() == b"open\n"
            owned_folder.sweep()
            assert user.wait(60) == -9
            assert not dead.exists()
            assert new.exists()
            assert owned.exists()
        finally:
            user.kill()
            user.wait()
            assert user.stdout is not None
            user.stdout.close()
            shutil.rmtree(new)
    assert not owned.exists()
