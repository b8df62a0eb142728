"""The Policy keeps its six rules: whole records, decisions recorded first, nothing lost or doubled."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import TrialState

from search.plan.domain import Choice, Fixed, Float
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.tuning.answers import Decision, Done, Limits, Start, Wait
from search.tuning.parts import schedulers
from search.tuning.policy import Policy
from tests.tuning.simulation import SPACE, Simulation, fresh, policy, report, started, study

FINITE = Space((Parameter("a", Choice((1, 2, 3)), {}), Parameter("b", Choice(("x", "y")), {"a": (1, 2)})))


def test_a_trial_that_asha_stops_is_pruned_at_its_step_with_every_value_and_the_last_as_its_own() -> None:
    of = study()
    made = policy(of, workers=4, scheduler="asha")
    trials = [started(made) for _ in range(4)]
    for trial, value in zip(trials, (0.5, 0.6, 0.7), strict=False):
        made.report(trial.number, report(1, value))
    assert made.report(trials[3].number, report(1, 0.1)) is Decision.STOP
    made.finish(trials[3].number, "stopped")
    stopped = of.trials[trials[3].number]
    assert stopped.state == TrialState.PRUNED
    assert stopped.intermediate_values == {1: 0.1}
    assert stopped.value == 0.1
    assert stopped.user_attrs["reason"] == "0.1 at epoch 1 misses the cut-off 0.7 of 4 trials there"


def test_a_trial_that_reaches_the_horizon_is_complete_with_its_last_value() -> None:
    of = study()
    made = policy(of, scheduler="none", budget=Limits(1, 3))
    start = started(made)
    said = [
        made.report(start.number, report(epoch, value)) for epoch, value in ((1, 0.5), (2, 0.9), (3, 0.8))
    ]
    assert said == [Decision.CONTINUE, Decision.CONTINUE, Decision.STOP]
    made.finish(start.number, "stopped")
    assert of.trials[0].state == TrialState.COMPLETE
    assert of.trials[0].value == 0.8
    assert made.ask() == Done("all 1 trials are done")


def test_at_best_scores_a_trial_by_its_best_epoch() -> None:
    of = study()
    made = policy(of, scheduler="none", budget=Limits(1, 3), at_best=True)
    start = started(made)
    for epoch, value in ((1, 0.5), (2, 0.9), (3, 0.8)):
        made.report(start.number, report(epoch, value))
    made.finish(start.number, "stopped")
    assert of.trials[0].value == 0.9


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_that_is_not_finite_stops_the_trial_at_once_and_fails_it_with_the_reason(
    value: float,
) -> None:
    of = study()
    made = policy(of)
    start = started(made)
    assert made.report(start.number, report(1, value)) is Decision.STOP
    made.finish(start.number, "stopped")
    assert of.trials[0].state == TrialState.FAIL
    assert of.trials[0].user_attrs["reason"] == f"the objective became {value} at epoch 1"


def test_a_failure_of_the_training_fails_the_trial_with_its_own_reason() -> None:
    of = study()
    made = policy(of)
    made.finish(started(made).number, "failed", "the loss became NaN at epoch 1")
    assert of.trials[0].state == TrialState.FAIL
    assert of.trials[0].user_attrs["reason"] == "the loss became NaN at epoch 1"


def test_a_report_that_passes_several_rungs_is_recorded_at_each() -> None:
    made = policy(scheduler="asha", budget=Limits(12, 27))
    start = started(made)
    made.report(start.number, report(10, 0.5))
    assert [rung.rung for rung in made.records[0].reports[10].rungs] == [1, 3, 9]


@given(
    values=st.lists(st.lists(st.integers(0, 20), min_size=9, max_size=9), min_size=1, max_size=12),
    minimize=st.booleans(),
)
@settings(deadline=None, max_examples=settings().max_examples)
def test_stopping_asha_decides_as_the_obvious_rule_does(values: list[list[int]], minimize: bool) -> None:
    """Brute force: at each rung count who is strictly better among all that were seen there."""
    made = policy(
        study(direction="minimize" if minimize else "maximize"),
        workers=len(values),
        scheduler="asha",
        budget=Limits(len(values), 9),
    )
    alive = {started(made).number for _ in values}
    seen: dict[int, list[int]] = {1: [], 3: []}
    for epoch in range(1, 10):
        for number in sorted(alive):
            value = values[number][epoch - 1]
            expected = Decision.STOP if epoch == 9 else Decision.CONTINUE
            if epoch in seen:
                seen[epoch].append(value)
                places = len(seen[epoch]) // 3
                better = sum((v < value) if minimize else (v > value) for v in seen[epoch])
                if places and better >= places:
                    expected = Decision.STOP
            assert made.report(number, report(epoch, value)) is expected
            if expected is Decision.STOP:
                made.finish(number, "stopped")
                alive.discard(number)


def test_start_configurations_come_first_and_what_they_leave_open_is_sampled() -> None:
    made = policy(start=[{"optimizer": "sgd", "learning_rate": 0.1}, {"optimizer": "adam"}], workers=3)
    first, second, third = (started(made) for _ in range(3))
    assert first.config["optimizer"] == "sgd"
    assert first.config["learning_rate"] == 0.1
    assert 0.5 <= first.config["momentum"] <= 0.99
    assert second.config["optimizer"] == "adam"
    assert [r.origin for r in made.records] == ["start:0", "start:1", "sampler"]
    assert not SPACE.check(third.config)


def test_only_active_parameters_stand_in_the_study() -> None:
    of = study()
    Simulation().run(policy(of, budget=Limits(20, 2)))
    for trial in of.trials:
        assert ("momentum" in trial.params) == (trial.params["optimizer"] == "sgd")
        assert trial.params.keys() == trial.distributions.keys()


def test_a_finite_space_that_is_exhausted_ends_the_search_and_says_so() -> None:
    made = policy(space=FINITE, budget=Limits(100, 1))
    reason = Simulation().run(made, curve=lambda config, epoch: 0.5)
    assert reason == "the space is exhausted: all 5 configurations were tried"
    points = [tuple(sorted(r.point.items())) for r in made.records]
    assert len(set(points)) == len(points) == FINITE.size() == 5


@pytest.mark.parametrize("sampler", ["random", "auto"])
def test_no_configuration_is_tried_twice_while_another_exists(sampler: str) -> None:
    space = Space((Parameter("a", Choice(tuple(range(30))), {}), Parameter("f", Fixed(7), {})))
    made = policy(space=space, budget=Limits(30, 1), sampler=sampler)
    Simulation().run(made, curve=lambda config, epoch: float(config["a"]))
    assert sorted(r.point["a"] for r in made.records) == list(range(30))  # type: ignore[type-var]
    assert all(r.point["f"] == 7 for r in made.records)


def test_fidelity_aware_tpe_finds_the_good_region() -> None:
    """Of its last 20 of 60 trials more lie near the optimum than random draws would."""
    made = policy(budget=Limits(60, 9), sampler="auto", scheduler="asha", workers=4)
    Simulation().run(made)
    rates = [r.point["learning_rate"] for r in made.records[-20:]]
    near = sum(abs(math.log10(float(rate)) + 1.5) < 0.75 for rate in rates)  # type: ignore[arg-type]
    assert near >= 11  # random: 1.5 of 4 decades, 7.5 of 20 expected


def test_reports_of_an_older_attempt_are_dropped_and_the_first_value_of_a_step_stands() -> None:
    made = policy(workers=1, scheduler="none")
    first = started(made)
    made.report(0, report(1, 0.5), attempt=1, checkpoint="1")
    made.finish(0, "crashed", "the worker process died")
    second = started(made)
    assert (second.number, second.attempt, second.checkpoint) == (0, 2, "1")
    assert made.report(0, report(2, 0.9), attempt=first.attempt) is Decision.STOP
    assert made.report(0, report(1, 0.7), attempt=2) is Decision.CONTINUE
    assert made.records[0].values == {1: 0.5}


def test_a_trial_whose_worker_dies_three_times_without_progress_has_failed() -> None:
    of = study()
    made = policy(of, scheduler="none")
    for _ in range(3):
        assert started(made).number == 0
        made.finish(0, "crashed", "the worker process died")
    assert of.trials[0].state == TrialState.FAIL
    assert "died 3 times" in of.trials[0].user_attrs["reason"]


def test_a_new_epoch_forgives_earlier_crashes() -> None:
    made = policy(scheduler="none")
    for epoch in range(1, 7):
        assert started(made).number == 0
        made.report(0, report(epoch, 0.5), checkpoint=str(epoch))
        made.finish(0, "crashed", "the worker process died")
    assert made.records[0].status == "waiting"
    assert [stint.attempt for stint in made.records[0].stints] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("good_first", "failures", "words"), [(0, 5, "the first 5 trials failed"), (1, 10, "10 trials in a row")]
)
def test_a_search_whose_trials_all_fail_stops_with_the_grouped_reasons(
    good_first: int, failures: int, words: str
) -> None:
    made = policy(budget=Limits(50, 1), scheduler="none")
    for _ in range(good_first):
        made.report(started(made).number, report(1, 0.5))
        made.finish(made.records[-1].number, "stopped")
    for count in range(failures):
        made.finish(started(made).number, "failed", "no such file" if count % 2 else "out of memory")
    over = made.ask()
    assert isinstance(over, Done)
    assert words in over.reason
    assert "out of memory (" in over.reason
    assert "no such file (" in over.reason


def test_stop_pauses_whoever_runs_and_nothing_is_lost(tmp_path: Path) -> None:
    made = fresh(tmp_path / "j", workers=2, scheduler="none")
    started(made), started(made)
    made.stop("Ctrl-C")
    assert made.ask() == Wait()
    for number in (0, 1):
        assert made.report(number, report(1, 0.5), checkpoint="1") is Decision.PAUSE
        made.finish(number, "paused")
    assert made.ask() == Done("Ctrl-C")
    again = fresh(tmp_path / "j", workers=2, scheduler="none")
    assert [(s.number, s.checkpoint) for s in (started(again), started(again))] == [(0, "1"), (1, "1")]


def test_what_others_ask_for_holds_after_a_crash(tmp_path: Path) -> None:
    made = fresh(tmp_path / "j", workers=2, scheduler="none", budget=Limits(1, 9))
    started(made)
    made.extend("a", 2)
    made.stop_trial("b", 0, "stopped by ada")
    point = {"optimizer": "adam", "learning_rate": 0.5}
    made.enqueue("c", point)
    made.note("d", 0, "ada: strange")
    again = fresh(tmp_path / "j", workers=9, scheduler="none", budget=Limits(1, 9))
    assert again.budget.trials == 3
    assert all(again.applied(request) for request in "abcd")
    starts = []
    while isinstance(answer := again.ask(), Start):
        starts.append(answer)
    assert [s.number for s in starts] == [0, 1, 2, 3]
    assert point.items() <= starts[1].config.items()
    assert again.report(0, report(1, 0.5)) is Decision.STOP
    again.finish(0, "stopped")
    assert again.records[0].reason == "stopped by ada"


def test_the_last_sentence_counts_what_others_asked_for_as_the_progress_does(tmp_path: Path) -> None:
    """A finished search of 3, resumed with two more and one enqueued, has 6 trials."""
    limits = Limits(3, 9)
    Simulation().run(fresh(tmp_path / "j", scheduler="none", budget=limits))
    made = fresh(tmp_path / "j", scheduler="none", budget=limits)
    made.extend("a", 2)
    made.enqueue("b", {"optimizer": "adam"})
    assert Simulation().run(made) == "all 6 trials are done"
    assert [known.status for known in made.records] == ["completed"] * 6


def test_a_trial_enters_the_study_in_one_record(tmp_path: Path) -> None:
    path = tmp_path / "j"
    made = fresh(path)
    before = len(path.read_bytes().splitlines())
    started(made)
    assert len(path.read_bytes().splitlines()) == before + 1


def test_several_objectives_are_refused() -> None:
    with pytest.raises(ValueError, match="one objective is expected, but this has 2"):
        Policy(SPACE, budget=Limits(1, 1), study=optuna.create_study(directions=["minimize", "maximize"]))


def test_a_range_from_a_continuous_space_draws_inside_it() -> None:
    space = Space((Parameter("x", Float(0.0, 0.5, step=0.2), {}),))
    made = policy(space=space, budget=Limits(9, 1))
    reason = Simulation().run(made, curve=lambda config, epoch: config["x"])
    assert "exhausted: all 3" in reason
    assert sorted(r.point["x"] for r in made.records) == [0.0, 0.2, 0.4]  # type: ignore[type-var]


@pytest.mark.parametrize("trials", [0, -1, True, 1.5, None, 10**400])
def test_a_budget_cannot_be_extended_by_nonsense(trials: Any) -> None:
    made = policy()
    with pytest.raises(ValueError, match="`trials` is a whole number from 1 to 999988, but got"):
        made.extend("a", trials)
    assert made.budget.trials == 12


def test_a_late_end_of_an_older_attempt_ends_nothing() -> None:
    made = policy(scheduler="none")
    started(made)
    made.finish(0, "crashed", attempt=1)
    assert started(made).attempt == 2
    made.finish(0, "failed", "late", attempt=1)
    assert made.records[0].status == "running"


def test_stepped_ranges_are_tried_once_each() -> None:
    """Sums of 0.1 are rounded: 0.6 and 0.6000000000000001 are one configuration."""
    space = Space((Parameter("x", Float(0.0, 0.9, step=0.1), {}),))
    made = policy(space=space, budget=Limits(30, 1), sampler="auto", workers=2)
    Simulation().run(made, curve=lambda config, epoch: config["x"])
    assert sorted(r.point["x"] for r in made.records) == [n / 10 for n in range(10)]  # type: ignore[type-var]


def test_a_trial_that_somebody_wants_stopped_ends_when_it_pauses_at_a_rung() -> None:
    """Promotion: it would only be continued to be stopped at its next report."""
    made = policy(scheduler=schedulers["asha"].build(9, kind="promotion"), workers=2)
    started(made), started(made)
    made.report(1, report(1, 0.9), checkpoint="1")
    made.finish(1, "paused")
    assert made.report(0, report(1, 0.5), checkpoint="1") is Decision.PAUSE
    made.stop_trial("a", 0, "stopped by ada")
    made.finish(0, "paused")
    assert (made.record(0).status, made.record(0).reason) == ("stopped", "stopped by ada")
    made.stop_trial("b", 1, "stopped by ada")
    assert made.record(1).status == "stopped"


def test_promotion_says_why_a_paused_trial_did_not_go_on() -> None:
    values = [0.3, 0.9, 0.5, 0.7, 0.1]
    made = policy(scheduler=schedulers["asha"].build(9, kind="promotion"), budget=Limits(5, 9))
    of: dict[str, float] = {}
    Simulation().run(made, curve=lambda c, epoch: of.setdefault(repr(c), values[min(len(of), 4)]))
    stopped = {known.number: known.reason for known in made.records if known.status == "stopped"}
    assert stopped[4] == "0.1 at epoch 1: not among the best 1 of 5 there"
    assert stopped[1] == "0.9 at epoch 3: too few trials, 1, came there for one to go on"


def test_promotion_condemns_nobody_on_arrival_at_the_rungs_that_a_report_jumps_over() -> None:
    """Found by the model test in some 800 interleavings: the stopping rule must not be asked of the lower rung."""
    made = policy(scheduler=schedulers["asha"].build(9, kind="promotion", reduction_factor=2), workers=3)
    for number, (epoch, value) in enumerate([(2, 0.1), (1, 0.9), (2, 0.5)]):
        assert started(made).number == number
        told = made.report(number, report(epoch, value), checkpoint="1")
        if told is Decision.PAUSE:
            made.finish(number, "paused")
    assert told is Decision.CONTINUE  # the best of two at rung 2, second of three at rung 1
    assert [(rung.rung, rung.keep) for rung in made.record(2).reports[2].rungs] == [(1, True), (2, True)]


def test_the_same_report_sent_twice_gets_the_same_answer() -> None:
    made = policy(scheduler=schedulers["asha"].build(9, kind="promotion"))
    started(made)
    assert made.report(0, report(1, 0.5)) is Decision.PAUSE
    assert made.report(0, report(1, 0.6)) is Decision.PAUSE
    assert made.records[0].values == {1: 0.5}
