"""The Policy keeps its six rules: whole records, decisions recorded first, nothing lost or doubled."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
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
from search.runs import record
from search.runs.record import RecordedReport, Stint
from search.training.report import Report
from search.tuning.answers import Decision, Done, Limits, Start, Wait
from search.tuning.parts import samplers, schedulers
from search.tuning.policy import Policy
from tests.tuning.simulation import SPACE, Simulation, fresh, policy, report, started, study

FINITE = Space((Parameter("a", Choice((1, 2, 3)), {}), Parameter("b", Choice(("x", "y")), {"a": (1, 2)})))


def all_arrive(made: Policy, count: int) -> list[Decision]:
    """Start that many trials, then let each arrive at epoch 1 with its number as value; whoever is told to, pauses."""
    assert [started(made).number for _ in range(count)] == list(range(count))
    told = []
    for number in range(count):
        told.append(made.report(number, report(1, number / 10), checkpoint="1"))
        if told[-1] is Decision.PAUSE:
            made.finish(number, "paused")
    return told


def median_of_others(curves: Sequence[Sequence[float]]) -> tuple[Policy, Decision]:
    """Train one trial after the other by the median rule, compared at epoch 2; return what the last one is told."""
    rule = schedulers["median"].build(9, min_trials=2, grace_period=2)
    made = policy(scheduler=rule, workers=len(curves))
    for _ in curves:
        started(made)
    for number, values in enumerate(curves):
        for epoch, value in enumerate(values, 1):
            told = made.report(number, report(epoch, value))
    return made, told


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
    made.enqueue("c", point, seed=7)
    made.note("d", 0, "ada: strange")
    made.tag("e", 0, "odd", remove=False)
    made.request_stop("f", "stopped by bob")
    assert made.ask() == Wait()
    of = study(tmp_path / "j")
    assert record.requests_of(of._storage.get_study_system_attrs(of._study_id)) == {
        "a": {"kind": "extend", "trials": 2, "at": 0.0},
        "b": {"kind": "stop_trial", "trial": 0, "reason": "stopped by ada", "at": 0.0},
        "c": {"kind": "enqueue", "point": point, "seed": 7, "at": 0.0},
        "d": {"kind": "note", "trial": 0, "text": "ada: strange", "at": 0.0},
        "e": {"kind": "tag", "trial": 0, "text": "odd", "remove": False, "at": 0.0},
        "f": {"kind": "stop", "reason": "stopped by bob", "at": 0.0},
    }
    made.finish(0, "paused")
    assert made.ask() == Done("stopped by bob")
    again = fresh(tmp_path / "j", workers=9, scheduler="none", budget=Limits(1, 9))
    assert again.budget.trials == 3
    assert all(again.applied(request) for request in "abcdef")
    starts = []
    while isinstance(answer := again.ask(), Start):
        starts.append(answer)
    assert [s.number for s in starts] == [0, 1, 2, 3]
    assert point.items() <= starts[1].config.items()
    assert [s.seed for s in starts] == [0, 7, 0, 0]
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


def test_a_stint_and_a_report_are_recorded_with_all_that_is_known_of_them() -> None:
    made = policy(scheduler="none", budget=Limits(3, 3))
    started(made)
    for epoch in (1, 2, 3):
        told = made.report(0, report(epoch, 0.5), checkpoint=str(epoch))
    assert told is Decision.STOP
    made.finish(0, "stopped")
    started(made)
    assert made.report(1, Report(2, 2, {"val/accuracy": 0.5}, 7.0, "no gain", 1)) is Decision.STOP
    made.finish(1, "stopped")
    started(made)
    made.stop_trial("a", 2, "stopped by ada")
    made.report(2, report(1, 0.5), checkpoint="1")
    made.finish(2, "stopped")
    stints = [known.stints for known in made.records]
    assert stints == [
        (Stint(1, 0.0, end=0.0, ending=ending),) for ending in ("completed", "completed", "stopped")
    ]
    assert made.record(0).reports[3] == RecordedReport(3, 3, 0.5, 3.0, 1, "3", "stop")
    assert made.record(1).reports[2] == RecordedReport(2, 2, 0.5, 7.0, 1, None, "stop", skipped=1)


def test_where_a_loss_is_minimized_the_cut_off_is_a_loss_and_names_its_bracket() -> None:
    rule = schedulers["asha"].build(9, reduction_factor=2, brackets=2)
    made = policy(study(direction="minimize"), scheduler=rule, budget=Limits(20, 9), workers=20)
    for _ in range(20):
        started(made)
    losses: dict[int, list[float]] = {}
    for known in made.records:
        loss = 1 / (1 + known.number)
        made.report(known.number, report(2, loss))
        there = losses.setdefault(known.bracket, [])
        there.append(loss)
        at = made.record(known.number).reports[2].rungs[-1]
        assert (at.rung, at.bracket, at.keep) == (2, known.bracket, True)
        places = len(there) // 2
        assert at.cutoff == (sorted(there)[places - 1] if places else None)
    assert set(losses) == {0, 1}


def test_a_trial_whose_worker_is_not_needed_any_more_pauses_though_it_would_go_on() -> None:
    """Promotion, the best of two; with two workers it would not pause."""
    for workers, decision in ((1, Decision.PAUSE), (2, Decision.CONTINUE)):
        made = policy(scheduler=schedulers["asha"].build(9, kind="promotion", reduction_factor=2), workers=3)
        for _ in range(3):
            started(made)
        assert made.report(0, report(1, 0.1)) is Decision.PAUSE
        made.finish(0, "paused")
        made.workers = workers
        assert made.report(1, report(1, 0.9)) is decision
        (rung,) = made.record(1).reports[1].rungs
        assert (rung.rung, rung.keep) == (1, decision is Decision.CONTINUE)


def test_the_last_of_a_bracket_that_will_not_be_full_goes_on_without_a_pause() -> None:
    """Hyperband starts 9 in its first bracket; of these 3, after which the budget is spent, one goes on."""
    made = policy(scheduler="hyperband", budget=Limits(3, 9), workers=3)
    for number in range(3):
        assert started(made).number == number
    told = [made.report(number, report(1, number / 10)) for number in range(3)]
    assert told == [Decision.PAUSE, Decision.PAUSE, Decision.CONTINUE]


def test_who_has_a_place_goes_on_though_no_new_trial_may_begin() -> None:
    """Of 4, after which the budget is spent, two go on: the best at once, the second when it is asked for."""
    made = policy(
        scheduler=schedulers["hyperband"].build(9, reduction_factor=2), budget=Limits(4, 9), workers=4
    )
    told = all_arrive(made, 4)
    assert told[-1] is Decision.CONTINUE
    again = made.ask(new=False)
    assert isinstance(again, Start)
    assert again.number == 2


def test_a_trials_bracket_is_the_schedulers_draw_or_its_turn() -> None:
    drawn = schedulers["asha"].build(27, brackets=3)
    made = policy(scheduler=drawn, budget=Limits(30, 27), workers=30, seed=5)
    numbers = [started(made).number for _ in range(30)]
    assert [known.bracket for known in made.records] == [drawn.bracket(5, number, 0) for number in numbers]
    turns = policy(scheduler="hyperband", budget=Limits(30, 27), workers=30)
    for _ in range(30):
        started(turns)
    assert [known.bracket for known in turns.records] == [0] * 27 + [1] * 3


def test_whoever_was_interrupted_goes_on_before_whoever_paused_at_a_rung() -> None:
    made = policy(scheduler=schedulers["asha"].build(9, kind="promotion", reduction_factor=2), workers=3)
    for _ in range(3):
        started(made)
    for number in (0, 1):
        made.workers = 1
        assert made.report(number, report(1, number / 10), checkpoint="1") is Decision.PAUSE
        made.finish(number, "paused")
    made.finish(2, "crashed", "the worker process died")
    made.workers = 3
    assert [started(made).number, started(made).number] == [2, 1]
    assert made.record(1).stints[1] == Stint(2, 0.0, from_step=1)


def test_whoever_is_let_live_has_a_worker_at_once() -> None:
    """Hyperband with an audit of all: of 9 the best 3 go on, and then the others, though no new trial may begin."""
    made = policy(scheduler=schedulers["hyperband"].build(9, audit=1.0), budget=Limits(20, 9), workers=9)
    all_arrive(made, 9)
    went = [made.ask(new=False) for _ in range(3)]
    assert [answer.number for answer in went if isinstance(answer, Start)] == [7, 6, 0]


def test_whoever_has_lost_ends_while_others_still_run() -> None:
    made = policy(scheduler="hyperband", budget=Limits(3, 9), workers=3)
    all_arrive(made, 3)
    assert made.ask() == Wait()
    assert [known.status for known in made.records] == ["stopped", "stopped", "running"]


def test_a_rung_does_not_wait_for_a_trial_that_failed() -> None:
    made = policy(scheduler="hyperband", budget=Limits(20, 9), workers=9)
    for number in range(9):
        assert started(made).number == number
    made.finish(0, "failed", "out of memory")
    told = [made.report(number, report(1, number / 10), checkpoint="1") for number in range(1, 9)]
    assert told == [Decision.PAUSE] * 7 + [Decision.CONTINUE]


def test_no_trial_is_to_blame_for_the_crashes_on_a_bad_node() -> None:
    made = policy(scheduler="none", workers=3)
    for _ in range(3):
        started(made)
    made.place(0, node="good")
    made.report(0, report(1, 0.5))
    for _ in range(4):
        for number in (1, 2):
            made.place(number, node="bad")
            made.finish(number, "crashed", "the worker process died")
        assert {started(made).number, started(made).number} == {1, 2}
    assert set(made.nodes.bad) == {"bad"}


def test_the_median_rule_compares_the_best_value_with_the_means_of_the_others() -> None:
    made, told = median_of_others([(0.2, 0.4), (0.3, 0.5), (0.36, 0.1)])
    assert told is Decision.CONTINUE, "0.36 is above the median of 0.3 and 0.4"
    (rung,) = made.record(2).reports[2].rungs
    assert rung.cutoff == pytest.approx(0.35)


def test_what_is_recorded_together_is_made_durable_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = fresh(tmp_path / "j", workers=3)
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", synced.append)
    with made.together():
        started(made), started(made)
        made.report(0, report(1, 0.5))
        assert synced == []
    assert len(synced) == 1


def test_the_median_rule_saves_nobody_for_the_best_last_value_alone() -> None:
    """Others fell from 0.9 to 0.1: 0.3 leads there, but is below their means; no other objective saves it."""
    _, told = median_of_others([(0.9, 0.1), (0.9, 0.1), (0.2, 0.3)])
    assert told is Decision.STOP


def test_once_the_budget_is_spent_only_what_others_asked_for_begins() -> None:
    """Not the start points that are left."""
    made = policy(start=[{"optimizer": "adam"}, {"optimizer": "sgd"}], budget=Limits(1, 1), workers=9)
    started(made)
    made.enqueue("a", {"optimizer": "sgd"})
    started(made)
    assert [known.origin for known in made.records] == ["start:0", "request:a"]
    assert made.ask() == Wait()


def test_where_a_stint_runs_is_recorded_once(tmp_path: Path) -> None:
    path = tmp_path / "j"
    made = fresh(path)
    started(made)
    made.place(0, host="far", gpus=0.5)
    before = path.read_bytes()
    made.place(0, host="far", gpus=0.5)
    assert path.read_bytes() == before
    (stint,) = fresh(path).record(0).stints
    assert (stint.attempt, stint.host, stint.gpus) == (1, "far", 0.5)


def test_who_ended_is_told_once_also_who_ended_while_he_waited(tmp_path: Path) -> None:
    made = fresh(tmp_path / "j", scheduler="none", workers=2)
    started(made), started(made)
    made.finish(0, "failed", "out of memory")
    made.report(1, report(1, 0.5), checkpoint="1")
    made.finish(1, "paused")
    assert made.just_ended() == [0]
    made.stop_trial("a", 1, "stopped by ada")
    assert made.just_ended() == [1]
    assert made.just_ended() == []
    assert fresh(tmp_path / "j", scheduler="none").just_ended() == []


def test_an_epoch_that_is_trained_again_while_the_search_stops_ends_in_a_pause() -> None:
    made = policy(scheduler="none")
    started(made)
    made.report(0, report(1, 0.5))
    made.finish(0, "crashed", "the worker process died")
    started(made)
    made.stop("Ctrl-C")
    assert made.report(0, report(1, 0.5), attempt=2) is Decision.PAUSE


def test_a_trial_enters_the_study_in_one_record(tmp_path: Path) -> None:
    path = tmp_path / "j"
    made = fresh(path)
    before = len(path.read_bytes().splitlines())
    started(made)
    assert len(path.read_bytes().splitlines()) == before + 1


def test_as_it_comes_it_has_four_workers_the_seed_0_asha_and_the_model_of_the_curves() -> None:
    made = Policy(SPACE, budget=Limits(6, 9), study=study())
    assert [started(made).seed for _ in range(4)] == [0] * 4
    assert made.ask() == Wait()
    explicit = Policy(
        SPACE, budget=Limits(6, 9), study=study(), sampler="auto", scheduler="asha", workers=4, seed=0
    )
    for _ in range(4):
        started(explicit)
    assert [known.point for known in made.records] == [known.point for known in explicit.records]
    assert made.report(0, Report(1, 1, {"val/accuracy": 0.5, "val/loss": 9.0}, 1.0)) is Decision.CONTINUE
    assert made.record(0).values == {1: 0.5}
    assert abs(made.record(0).stints[0].start - time.time()) < 600


def test_a_sampler_may_be_given_by_what_makes_it() -> None:
    named, given = (policy(sampler=sampler, workers=3) for sampler in ("random", samplers["random"].build))
    for made in (named, given):
        for _ in range(3):
            started(made)
    assert [known.point for known in named.records] == [known.point for known in given.records]


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
    assert (made.record(1).status, made.record(1).reason) == ("stopped", "stopped by ada")


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
