"""A full disk stops the search with one sentence; with space again it goes on, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.searches import done, living, medium_space, reports
from tests.faults.whole import assert_whole

pytestmark = [pytest.mark.timeout(1200), pytest.mark.slow]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB in memory."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("a small disk can be made by root only: mount -t tmpfs")
    folder = tmp_path / "disk"
    folder.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if made.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {made.stderr.decode().strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, *, leave: int) -> Path:
    """Fill a disk, on which others write meanwhile, up to some bytes; return the file that does it."""
    ballast = folder / "ballast"
    with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 65_536)
    os.truncate(ballast, ballast.stat().st_size - leave)
    return ballast


@pytest.mark.parametrize(
    "leave",
    [
        pytest.param(0, id="not one byte more"),
        pytest.param(300_000, id="a record, but no checkpoint"),
    ],
)
def test_a_full_disk_stops_the_search_and_fails_no_trial(
    tmp_path: Path, small_disk: Path, leave: int
) -> None:
    root = small_disk / "runs" / "digits"
    space = medium_space(tmp_path, trials=4, epochs=9)
    with living("run", "--space", space, "--runs-dir", str(root.parent), folder=tmp_path) as search:
        search.until("an epoch", lambda: reports(root) >= 1)
        ballast = fill(small_disk, leave=leave)
        ended = search.wait()
    before = reports(root)
    assert ended.code == 1, ended.out
    assert ended.err.strip() == (
        f"{root}: No space left on device: the search has stopped, and all that was recorded is kept; "
        f"when that is mended, go on by `python -m search.resume {root}`"
    )
    ballast.unlink()
    ended = done("resume", str(root), folder=tmp_path)
    assert ended.code == 0, ended.err
    run = assert_whole(root, trials=4)
    assert "failed" not in {trial.status for trial in run.trials}
    assert reports(root) > before
