"""A trial that hangs for real: its worker ends itself, or the driver kills it; it goes on, and the record says why.

Slow, since no epoch is taken for hung within a minute.
"""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from search.runs.run import Run
from tests.cli.plugin import write_space
from tests.faults.searches import done, living, long_space, opened, reports
from tests.faults.whole import assert_whole

HANGS_ONCE = """
        import pathlib, time
        self.seen = getattr(self, "seen", 0) + self.training
        if self.seen > 30 and not pathlib.Path("{marker}").exists():
            pathlib.Path("{marker}").touch()
            time.sleep(10_000)
        return self.layer(images.flatten(1))
"""
"""In the second epoch of 23 batches."""

REASON = r"no epoch for \d+ s, [\d,]+ times the usual [\d.e-]+ s: taken for hung"


@pytest.mark.slow
def test_a_trial_that_hangs_once_is_restarted_from_its_checkpoint_and_loses_the_epoch_in_flight(
    tmp_path: Path,
) -> None:
    forward = HANGS_ONCE.format(marker=tmp_path / "hung").strip()
    space = write_space(tmp_path, trials=3, forward=forward)
    ended = done("run", "--space", space, "--runs-dir", str(tmp_path), "--name", "mine", folder=tmp_path)
    assert ended.code == 0, ended.err
    run = assert_whole(tmp_path / "mine", trials=3)
    (cut,) = [trial for trial in run.trials if len(trial.record.stints) > 1]
    first, second = cut.record.stints
    assert first.ending == "crashed"
    assert re.fullmatch(REASON, first.reason), first.reason
    assert second.from_step == 1, "more than the epoch in flight was lost"
    assert cut.status == "completed"
    log = cut.layout.attempt(1).log.read_text(encoding="utf-8")
    assert "my_model.py" in log, "the log does not say where it hung"


@pytest.mark.slow
def test_a_worker_that_is_stopped_dead_is_killed_by_the_driver(tmp_path: Path) -> None:
    root = tmp_path / "digits"
    words = (
        "run",
        "--space",
        long_space(tmp_path, trials=2),
        "--runs-dir",
        str(tmp_path),
        "--name",
        "digits",
    )
    with living(*words, "--concurrency", "1", folder=tmp_path) as search:
        search.until("some epochs", lambda: reports(root) >= 3)
        (worker,) = search.until("a worker", lambda: search.workers)
        worker.send_signal(signal.SIGSTOP)
        (first, second) = search.until("another attempt", lambda: stints_of(opened(root)))
    assert first.ending == "crashed"
    assert re.fullmatch(REASON, first.reason), first.reason
    assert second.from_step >= 3


def stints_of(run: Run | None) -> object:
    """Return the stints of the first trial, once it has two."""
    stints = run.trials[0].record.stints if run is not None and run.trials else ()
    return stints if len(stints) > 1 else None
