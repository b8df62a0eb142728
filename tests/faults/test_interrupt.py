"""Ctrl-C once stops after the epochs in flight, twice at once; SIGTERM is as once; the terminal stays sane."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from tests.faults.searches import PATIENCE, REPOSITORY, living, long_space, opened, reports
from tests.leftovers import DRIVERS

pytestmark = pytest.mark.timeout(1200)


SHOW_CURSOR, HIDE_CURSOR = b"\x1b[?25h", b"\x1b[?25l"


def assert_resumable(root: Path, epochs: int) -> None:
    """Nobody runs, nobody is finished, and at least so many epochs are recorded."""
    run = opened(root)
    assert run is not None
    assert run.driver is None
    assert {trial.status for trial in run.trials} == {"waiting"}
    assert reports(root) >= epochs
    for trial in run.trials:
        last = trial.record.last
        assert all(stint.ending is not None for stint in trial.record.stints)
        if last is not None:
            assert last.checkpoint is not None
            assert (root / last.checkpoint).is_file()


@pytest.mark.slow
def test_sigterm_and_ctrl_c_stop_cleanly_with_exit_code_1_and_twice_at_once(tmp_path: Path) -> None:
    """One search: ended by SIGTERM, gone on with and ended by SIGINT, gone on with and ended by two SIGINT."""
    root = tmp_path / "runs" / "digits"
    first = ("run", "--space", long_space(tmp_path), "--runs-dir", str(tmp_path / "runs"))
    again = ("resume", str(root))
    for words, number in ((first, signal.SIGTERM), (again, signal.SIGINT)):
        before = reports(root)
        with living(*words, folder=tmp_path) as search:
            search.until("an epoch", lambda: reports(root) > before)  # noqa: B023 (called in this turn)
            search.send(number)
            ended = search.wait()
        assert ended.code == 1
        assert "Stopping after the epochs in flight; once more stops at once." in ended.out
        assert f"stopped by {number.name}" in ended.out
        assert f"python -m search.resume {root}" in ended.out
        assert "Traceback" not in ended.err
        assert_resumable(root, before + 1)
    before = reports(root)
    with living(*again, "--json", folder=tmp_path) as search:
        search.until("an epoch", lambda: reports(root) > before)
        search.send(signal.SIGINT)
        search.until("the answer", lambda: "Stopping after" in search.out)
        search.send(signal.SIGINT)
        ended = search.wait()
    assert ended.code == 1
    assert ended.events[-1]["event"] == "end"
    assert ended.events[-1]["reason"].startswith(("interrupted twice", "stopped by SIGINT"))
    assert_resumable(root, before + 1)


@pytest.mark.slow
def test_ctrl_c_on_a_terminal_leaves_it_as_it_was(tmp_path: Path) -> None:
    """The kernel sends SIGINT to all processes of the terminal: workers and Ray's services must not mind."""
    root = tmp_path / "runs" / "digits"
    master, slave = pty.openpty()
    before = termios.tcgetattr(slave)
    words = ["run", "--space", long_space(tmp_path), "--runs-dir", str(tmp_path / "runs")]
    process = subprocess.Popen(
        [sys.executable, "-c", _ON_TERMINAL, *words],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "TERM": "xterm-256color"},
        start_new_session=True,
    )
    DRIVERS.add(process.pid)
    try:
        said = _read(master, process, until=lambda said: reports(root) >= 1 and HIDE_CURSOR in said)
        os.write(master, b"\x03")
        said += _read(master, process, until=lambda _: process.poll() is not None)
        assert process.returncode == 1, said[-2000:]
        assert b"stopped by SIGINT" in said
        assert said.rindex(SHOW_CURSOR) > said.rindex(HIDE_CURSOR)
        assert termios.tcgetattr(slave) == before
        assert_resumable(root, 1)
    finally:
        process.kill()  # no longer there unless an assertion has failed
        process.wait()
        os.close(slave)
        os.close(master)


_ON_TERMINAL = """\
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from search.run import main
sys.exit(main(sys.argv[2:]))
"""
"""Makes the pseudo terminal the one that controls this session, as a shell's is; then runs the verb."""


def _read(master: int, process: subprocess.Popen[bytes], *, until: object) -> bytes:
    """Read what the terminal shows until something is the case."""
    assert callable(until)
    said, deadline = b"", time.monotonic() + PATIENCE
    while not until(said):
        assert time.monotonic() < deadline, said[-2000:]
        if select.select([master], [], [], 0.1)[0]:
            said += os.read(master, 65536)
        elif process.poll() is not None:
            break
    while select.select([master], [], [], 0.1)[0]:
        said += os.read(master, 65536)
    return said
