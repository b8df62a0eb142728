"""A Policy on a study with a past: cut off at any moment, resumed, or written by another program."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from search.runs import record
from search.runs.record import RecordedReport, RungDecision
from search.tuning.answers import Decision, Done, Limits, Start
from search.tuning.parts import schedulers
from search.tuning.policy import Policy
from tests.tuning.simulation import Simulation, accuracy, fresh, policy, report, started, study


def test_a_pause_is_over_when_its_epoch_is_trained_again(tmp_path: Path) -> None:
    """The checkpoint of the paused epoch is lost: the trial starts again and must not pause there for ever."""
    made = fresh(tmp_path / "j", scheduler="none")
    started(made)
    made.stop("Ctrl-C")
    assert made.report(0, report(1, 0.5)) is Decision.PAUSE
    made.finish(0, "paused")
    again = fresh(tmp_path / "j", scheduler="none")
    assert started(again).checkpoint is None
    assert again.report(0, report(1, 0.4)) is Decision.CONTINUE
    assert again.records[0].values == {1: 0.5}


def test_cut_after_every_record_the_search_decides_as_if_nothing_had_happened(tmp_path: Path) -> None:
    def run(path: Path) -> tuple[Policy, Simulation]:
        made, simulation = fresh(path, sampler="auto", budget=Limits(8, 9)), Simulation()
        simulation.run(made)
        return made, simulation

    whole = tmp_path / "whole"
    expected, _ = run(whole)
    lines = whole.read_bytes().splitlines(keepends=True)
    assert len(lines) > 80
    for cut in range(len(lines)):
        path = tmp_path / "cut"
        path.write_bytes(b"".join(lines[:cut]))
        made, simulation = run(path)
        assert [r.status for r in made.records] == [r.status for r in expected.records]
        for mine, theirs in zip(made.records, expected.records, strict=True):
            assert mine.point == theirs.point
            assert mine.values == theirs.values
            assert [r.decision for r in mine.reports.values()] == [
                r.decision for r in theirs.reports.values()
            ]
            assert [r.rungs for r in mine.reports.values()] == [r.rungs for r in theirs.reports.values()]
        again = [(number, epoch) for number, epoch, _ in simulation.told]
        assert len(set(again)) == len(again), "an epoch was trained twice"
        frozen = study(path).trials
        assert not [t for t in frozen if t.state in (TrialState.RUNNING, TrialState.WAITING)]
        for trial, theirs in zip(frozen, expected.records, strict=True):
            assert trial.intermediate_values == theirs.values


@given(
    cuts=st.lists(st.integers(1, 40), max_size=4),
    workers=st.integers(1, 4),
    scheduler=st.sampled_from(["asha", "none"]),
)
@settings(deadline=None, max_examples=settings().max_examples // 4)
def test_cut_at_any_moments_with_several_workers_nothing_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], workers: int, scheduler: str
) -> None:
    path = tmp_path_factory.mktemp("cut") / "j"

    class Cut(Exception):  # noqa: N818
        pass

    trained: list[tuple[int, int]] = []
    for cut in [*cuts, 10_000]:
        left = cut

        def curve(config: dict[str, Any], epoch: int) -> float:
            nonlocal left
            left -= 1
            if left < 0:
                raise Cut
            return accuracy(config, epoch)

        simulation = Simulation()
        with contextlib.suppress(Cut):
            simulation.run(
                fresh(path, workers=workers, scheduler=scheduler, budget=Limits(8, 9)), curve=curve
            )
        trained += [(number, epoch) for number, epoch, _ in simulation.told]
    frozen = study(path).trials
    assert len(frozen) == 8
    assert all(t.state.is_finished() for t in frozen)
    assert len(set(trained)) == len(trained)
    values = {(t.number, step) for t in frozen for step in t.intermediate_values}
    assert values == set(trained)


def test_a_value_at_a_rung_without_its_decision_is_decided_at_resume(tmp_path: Path) -> None:
    """Another program's trial, or one that an older version cut off between value and decision."""
    of = study(tmp_path / "j")
    made = policy(of, workers=4, scheduler="asha")
    trials = [started(made) for _ in range(4)]
    for number, value in ((0, 0.5), (1, 0.6), (2, 0.7)):
        made.report(number, report(1, value), checkpoint="1")
    of._storage.set_trial_intermediate_value(of.trials[3]._trial_id, 1, 0.1)
    assert len(trials) == 4
    again = fresh(tmp_path / "j", workers=4, scheduler="asha")
    assert [r.status for r in again.records] == ["waiting", "waiting", "waiting", "stopped"]
    assert again.records[3].reports[1].decision == "stop"


@pytest.mark.parametrize(("value", "decision"), [(0.65, "continue"), (0.1, "stop"), (float("nan"), "stop")])
def test_a_late_decision_is_the_one_in_time_but_for_what_nobody_knows(
    tmp_path: Path, value: float, decision: str
) -> None:
    """Here of a trial at a rung with three others; at the next rung the first one goes on."""

    def until_the_last(path: Path) -> tuple[optuna.Study, Policy]:
        of = study(path)
        made = policy(of, workers=4, scheduler=schedulers["asha"].build(9, reduction_factor=2))
        for _ in range(4):
            started(made)
        for number, theirs in enumerate((0.5, 0.6, 0.7)):
            made.report(number, report(1, theirs), checkpoint="1")
        return of, made

    _, in_time = until_the_last(tmp_path / "in time")
    in_time.report(3, report(1, value))
    of, _ = until_the_last(tmp_path / "late")
    of._storage.set_trial_intermediate_value(of.trials[3]._trial_id, 1, value)
    of._storage.set_trial_intermediate_value(of.trials[0]._trial_id, 2, 0.6)
    again = fresh(tmp_path / "late", workers=4, scheduler=schedulers["asha"].build(9, reduction_factor=2))
    expected, late = in_time.record(3).reports[1], again.record(3).reports[1]
    assert late.decision == decision
    assert repr(late) == repr(replace(expected, seconds=0.0))
    alone = RungDecision(2, keep=True, cutoff=None, standing=1)
    assert again.record(0).reports[2] == RecordedReport(2, 2, 0.6, 1.0, 1, None, "continue", (alone,))


def test_whoever_is_decided_late_pauses_where_trials_pause_and_stops_where_somebody_asked(
    tmp_path: Path,
) -> None:
    """In time the second would go on at once, as the best of two; late there is no worker that has it."""
    rule = schedulers["asha"].build(9, kind="promotion", reduction_factor=2)
    of = study(tmp_path / "j")
    made = policy(of, workers=3, scheduler=rule)
    for _ in range(3):
        started(made)
    made.report(0, report(1, 0.5), checkpoint="1")
    made.stop_trial("a", 2, "stopped by ada")
    for number in (1, 2):
        of._storage.set_trial_intermediate_value(of.trials[number]._trial_id, 1, 0.6)
    again = fresh(tmp_path / "j", workers=3, scheduler=rule)
    assert again.record(1).reports[1].decision == "pause"
    assert (again.record(2).reports[1].decision, again.record(2).status) == ("stop", "stopped")


def test_a_study_with_a_foreign_past_is_taken_over() -> None:
    """Any Optuna study will do: trials of another program count, and are compared at their rungs."""
    of = study()
    foreign = of.ask({"learning_rate": optuna.distributions.FloatDistribution(1e-4, 1, log=True)})
    foreign.report(0.9, 1)
    of.tell(foreign, 0.9)
    made = policy(of, budget=Limits(3, 9))
    assert record.read(of.trials[0]).status == "completed"
    assert started(made).number == 1


def test_a_trial_that_was_told_to_stop_is_never_started_again(tmp_path: Path) -> None:
    """The driver died, or was interrupted, between the recorded decision and the trial's end."""
    of = study(tmp_path / "j")
    made = policy(of, scheduler="none", budget=Limits(1, 2))
    started(made)
    made.report(0, report(1, 0.5), checkpoint="1")
    assert made.report(0, report(2, 0.6), checkpoint="2") is Decision.STOP
    of._storage.set_trial_state_values(of.trials[0]._trial_id, TrialState.WAITING)
    again = fresh(tmp_path / "j", scheduler="none", budget=Limits(1, 2))
    assert again.records[0].status == "completed"
    assert isinstance(again.ask(), Done)


def test_a_stint_that_a_crash_left_open_before_it_began_is_closed(tmp_path: Path) -> None:
    of = study(tmp_path / "j")
    made = policy(of, scheduler="none")
    started(made)
    made.report(0, report(1, 0.5), checkpoint="1")
    made.finish(0, "paused")
    record.write_stint(of._storage, of.trials[0]._trial_id, record.Stint(2, start=1.0, from_step=1))
    again = fresh(tmp_path / "j", scheduler="none")
    assert started(again).attempt == 3
    assert [stint.ending for stint in again.records[0].stints] == ["paused", "orphaned", None]


def test_a_resume_writes_nothing_of_a_trial_that_waits_already(tmp_path: Path) -> None:
    path = tmp_path / "j"
    made = fresh(path, scheduler="none")
    started(made)
    made.report(0, report(1, 0.5), checkpoint="1")
    made.finish(0, "paused")
    of = study(path)  # Optuna notes that it was opened
    before = path.read_bytes()
    assert policy(of, scheduler="none").record(0).status == "waiting"
    assert path.read_bytes() == before


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_after_a_success_before_the_resume_the_first_failures_rule_is_over(
    tmp_path: Path, status: str
) -> None:
    made = fresh(tmp_path / "j", scheduler="none", budget=Limits(50, 1))
    started(made)
    if status == "stopped":
        made.stop_trial("a", 0, "stopped by ada")
    else:
        made.report(0, report(1, 0.5))
    made.finish(0, "stopped")
    if status == "stopped":
        made.stop_trial("b", 0, "stopped by ada")
    assert made.record(0).status == status
    again = fresh(tmp_path / "j", scheduler="none", budget=Limits(50, 1))
    for _ in range(5):
        again.finish(started(again).number, "failed", "out of memory")
    assert isinstance(again.ask(), Start)
    assert not again.failing


def test_waiting_trials_of_another_program_are_left_alone() -> None:
    of = study()
    of.enqueue_trial({"learning_rate": 0.1})
    made = policy(of)
    assert started(made).number == 1


def test_another_programs_waiting_trial_does_not_keep_a_rung_open() -> None:
    """Hyperband waits for all who may come to a rung; one that nobody will ever start is none of them."""
    of = study()
    of.enqueue_trial({"learning_rate": 0.1})
    made = policy(of, scheduler="hyperband", budget=Limits(20, 9), workers=3)
    assert "all 20 trials are done" in Simulation().run(made)
    assert sum(known.status == "completed" for known in made.records) >= 4
