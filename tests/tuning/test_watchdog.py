"""A worker that hangs ends itself, and its log shows where, also when the interpreter is held."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HANGS = """
import ctypes, sys, time
from pathlib import Path
from search.tuning.watchdog import Watchdog

def train_an_epoch():
    {hang}

watchdog = Watchdog(Path(sys.argv[1]), seconds={seconds}, times=2.0)
with watchdog.watching():
    pass
watchdog.learn()
watchdog._seconds = {seconds}  # the least that a second epoch is given is a minute
with watchdog.watching():
    train_an_epoch()
print("alive")
"""


def run(log: Path, hang: str, seconds: float | None) -> subprocess.CompletedProcess[str]:
    script = HANGS.format(hang=hang, seconds=seconds)
    words = [sys.executable, "-c", script, str(log)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize(
    "hang",
    ["time.sleep(1000)", "ctypes.PyDLL(None).sleep(1000)"],
    ids=["in a call", "with the interpreter held"],
)
def test_a_hung_worker_ends_itself_and_says_where(tmp_path: Path, hang: str) -> None:
    log = tmp_path / "trials" / "log"
    ended = run(log, hang, 0.5)
    assert ended.returncode == 1
    assert "alive" not in ended.stdout
    assert "train_an_epoch" in log.read_text(encoding="utf-8")


def test_an_epoch_in_time_ends_as_ever_and_leaves_no_clock_behind(tmp_path: Path) -> None:
    ended = run(tmp_path / "log", "pass", 0.5)
    assert (ended.returncode, ended.stdout) == (0, "alive\n")
    assert (tmp_path / "log").read_text(encoding="utf-8") == ""


def test_without_a_limit_nothing_is_watched(tmp_path: Path) -> None:
    ended = run(tmp_path / "log", "time.sleep(0.1)", None)
    assert ended.stdout == "alive\n"
    assert not (tmp_path / "log").exists()


PART = """
import sys
from pathlib import Path
from search.tuning.watchdog import Watchdog

watchdog = Watchdog(Path(sys.argv[1]), seconds=1000.0, times=2.0)
with watchdog.watching():
    pass
print(watchdog._seconds)
watchdog.learn()
print(watchdog._seconds)
"""


def test_only_a_whole_epoch_says_how_long_the_next_one_may_take(tmp_path: Path) -> None:
    """Of one that was cut after a second, or went on in its last second, the next would be given a minute."""
    words = [sys.executable, "-c", PART, str(tmp_path / "log")]
    assert subprocess.run(words, capture_output=True, text=True, check=True).stdout == "1000.0\n60.0\n"
