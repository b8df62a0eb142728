"""Ray only executes: a real search and a simulation of it decide the same, from the same seed, with one worker."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.runs.record import TrialRecord
from search.training.report import Report
from search.tuning.answers import Decision, Done, Start
from search.tuning.from_plan import make_policy
from search.tuning.policy import Policy
from tests.faults.searches import done, opened, short_space
from tests.tuning.simulation import study

TRIALS = 20
"""More than the random draws with which the default sampler begins: the model has its say, too."""


@pytest.mark.timeout(600)
def test_a_real_search_and_its_simulation_try_and_stop_the_same(tmp_path: Path) -> None:
    space = short_space(tmp_path, trials=TRIALS)
    words = (
        "--space",
        space,
        "--runs-dir",
        str(tmp_path / "runs"),
        "--concurrency",
        "1",
        "--seed",
        "3",
        "--json",
    )
    ended = done("run", *words, folder=tmp_path)
    assert ended.code == 0, ended.err
    run = opened(tmp_path / "runs" / "digits")
    assert run is not None
    real = [trial.record for trial in run.trials]
    policy = make_policy(run.plan, study(), workers=1)
    while not isinstance(start := policy.ask(), Done):
        assert isinstance(start, Start)
        assert start.config == real[start.number].point
        _train(policy, start, real[start.number])
    assert [_course(known) for known in policy.records] == [_course(known) for known in real]
    assert len({known.status for known in real}) > 1, (
        "some are stopped and some complete, or this shows little"
    )


def _train(policy: Policy, start: Start, real: TrialRecord) -> None:
    """Report the values that the real search has seen, as long as the policy goes on."""
    for step, report in real.reports.items():
        said = Report(step, report.epoch, {"val/accuracy": report.value}, report.seconds)
        if policy.report(start.number, said) is not Decision.CONTINUE:
            break
    policy.finish(start.number, "stopped")


def _course(known: TrialRecord) -> tuple[object, ...]:
    reports = {step: (report.value, report.decision, report.rungs) for step, report in known.reports.items()}
    return known.number, known.status, known.point, known.reason, reports
