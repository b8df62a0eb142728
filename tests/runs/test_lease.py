"""A run has one driver; a second one is refused by name; a dead one blocks nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from search.runs.layout import RunLayout
from search.runs.lease import Lease, RunIsHeld, holder

HOLD = """
import sys, time
from pathlib import Path
from search.runs.layout import RunLayout
from search.runs.lease import Lease
with Lease(RunLayout(Path(sys.argv[1]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_driver_is_refused_with_who_holds_the_run(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        held = holder(layout)
        assert held is not None
        assert held.process == first.pid
        with pytest.raises(RunIsHeld, match=f"process {first.pid} on "), Lease(layout):
            pass
        first.send_signal(signal.SIGKILL)
    assert holder(layout) is None
    with Lease(layout):
        mine = holder(layout)
        assert mine is not None
        assert mine.process == os.getpid()


def test_it_is_given_back_at_the_end(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path)
    assert holder(layout) is None
    with Lease(layout):
        pass
    assert holder(layout) is None
    assert not layout.lease.exists()
    with Lease(layout):
        pass


def test_onlookers_do_not_keep_a_driver_out(tmp_path: Path) -> None:
    """`holder` looks at the lock for an instant; a driver that starts just then must not be refused."""
    looker = f"""
from pathlib import Path
from search.runs.layout import RunLayout
from search.runs.lease import holder
print("looking", flush=True)
while True:
    holder(RunLayout(Path({str(tmp_path)!r})))
"""
    layout = RunLayout(tmp_path)
    with Lease(layout):
        pass
    with subprocess.Popen([sys.executable, "-c", looker], stdout=subprocess.PIPE) as onlooker:
        assert onlooker.stdout is not None
        onlooker.stdout.readline()
        try:
            for _ in range(200):
                with Lease(layout):
                    pass
        finally:
            onlooker.kill()
