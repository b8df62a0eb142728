"""One driver a run: a second one is refused, and a late report of an older attempt changes nothing."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from search import resume
from search.runs.lease import Lease
from search.tuning.answers import Decision
from search.tuning.assignment import StepResult
from search.tuning.driver import Driver
from search.tuning.from_plan import make_policy
from search.tuning.study import open_study
from search.tuning.vocabulary import vocabulary
from tests.faults.searches import living, long_space, reports
from tests.inprocess import Search, plan_in

pytestmark = pytest.mark.timeout(1200)


@pytest.mark.slow
def test_a_second_driver_is_refused_and_the_first_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "runs" / "digits"
    space = long_space(tmp_path)
    with living("run", "--space", space, "--runs-dir", str(tmp_path / "runs"), folder=tmp_path) as first:
        first.until("an epoch", lambda: reports(root) >= 1)
        assert resume.main([str(root)]) == 2
        said = capsys.readouterr().err.strip()
        assert said.startswith(f"{root}: process {first.process.pid} on {socket.gethostname()} ")
        assert said.endswith(" drives this run already")
        before = reports(root)
        first.until("another epoch", lambda: reports(root) > before)


def result(attempt: int, step: int, value: float) -> StepResult:
    return StepResult(
        number=0,
        attempt=attempt,
        step=step,
        epoch=step,
        metrics={"val/accuracy": value},
        host=f"host-{attempt}",
        process=attempt,
    )


def test_a_zombie_worker_changes_nothing_of_the_attempt_that_followed_its_own(tmp_path: Path) -> None:
    """Neither value, place nor metrics of the present attempt, nor its life."""
    search = Search(plan_in(tmp_path), tmp_path / "run")
    with Lease(search.layout) as lease:
        policy = make_policy(search.plan, open_study(search.plan, search.layout, new=True), workers=1)
        driver = Driver(search.plan, vocabulary(), policy, search.layout, lease, listener=lambda _: None)
        first = driver.ask()
        assert first is not None
        driver.result(result(1, 1, 0.5))
        driver.leave(0, "crashed", "the worker process died")
        second = driver.ask()
        assert second is not None
        assert (second.number, second.attempt) == (0, 2)
        driver.result(result(2, 2, 0.6))
        known = policy.records[0]
        assert driver.result(result(1, 2, 0.1)) is Decision.STOP
        assert driver.result(result(1, 3, 0.9)) is Decision.STOP
        assert driver.result(replace(result(1, 3, 0.9), failure="out of memory")) is Decision.STOP
        assert driver.result(replace(result(1, 3, 0.9), no_fault="No space left on device")) is Decision.STOP
        assert policy.records[0] == known
        assert known.stints[-1].host == "host-2"
        driver.abandon()
    document = json.loads(search.layout.trial(0).document.read_text(encoding="utf-8"))
    assert document["metrics"]["val/accuracy"] == 0.6
