"""Constraints reject a configuration before it costs anything, and the study says so."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from search.plan.domain import Choice
from search.plan.objectives import Constraint, Goal
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.runs import record
from search.runs.ranking import Scoring, rank
from search.tuning.answers import Decision, Done, Limits, Start
from search.tuning.entrance import MOST_REJECTED
from search.tuning.parts import schedulers
from search.tuning.policy import Policy
from tests.tuning.simulation import SPACE, Simulation, policy, report, started, study

SMALL = Constraint("parameters", "<=", 5_000)


def measure(config: Mapping[str, Any]) -> dict[str, float]:
    return {"parameters": config["width"] * 200.0, "latency_ms": config["width"] / 10}


def made(of: optuna.Study | None = None, **settings: Any) -> Policy:
    settings.setdefault("constraints", [SMALL])
    return policy(of, measure=measure, **settings)


def test_only_allowed_configurations_are_trained_and_the_others_cost_no_trial() -> None:
    of = study()
    rule = schedulers["asha"].build(9, brackets=2)
    search = made(of, budget=Limits(12, 9), workers=3, scheduler=rule)
    assert Simulation().run(search) == "all 12 trials are done"
    trained = [known for known in search.records if known.status != "rejected"]
    rejected = [known for known in search.records if known.status == "rejected"]
    assert len(trained) == 12
    assert rejected
    assert all(measure(known.point)["parameters"] <= 5_000 for known in trained)
    assert {known.reason for known in trained if known.status == "completed"} == {""}
    assert all(measure(known.point)["parameters"] > 5_000 for known in rejected)
    for known in rejected:
        trial = of.trials[known.number]
        assert (trial.state, trial.value, trial.intermediate_values) == (TrialState.PRUNED, None, {})
        assert (known.stints, known.bracket) == ((), 0)
        assert known.reason == (
            f"rejected: parameters {measure(known.point)['parameters']:,.0f}, but `parameters <= 5000`"
        )


def test_attributes_stand_in_the_study_for_people_and_for_programs() -> None:
    of = study()
    search = made(of, budget=Limits(3, 1))
    Simulation().run(search)
    for trial, known in zip(of.trials, search.records, strict=True):
        assert record.read(trial).attributes == known.attributes == measure(known.point)
        assert trial.user_attrs["parameters"] == known.attributes["parameters"]


def test_violations_stand_where_optunas_samplers_look_for_them() -> None:
    """Optuna's own reading: `trial.constraints`, feasible where all are 0 or less."""
    of = study()
    search = made(of, budget=Limits(6, 1))
    Simulation().run(search)
    for trial, known in zip(of.trials, search.records, strict=True):
        assert trial.constraints == {str(SMALL): pytest.approx(known.attributes["parameters"] / 5_000 - 1)}
        assert (known.status == "rejected") == (trial.constraints[str(SMALL)] > 0)


def test_optunas_constrained_sampler_learns_from_the_rejected_to_stay_inside() -> None:
    """Of random widths one in four is allowed (8 to 64, log, at most 12); of 40 by TPE on this study far more."""
    of = study()
    Simulation().run(made(of, budget=Limits(30, 1), constraints=[Constraint("parameters", "<=", 12 * 200)]))
    of.sampler = optuna.samplers.TPESampler(seed=1)
    widths = []
    for _ in range(40):
        trial = of.ask()
        widths.append(trial.suggest_int("width", 8, 64, log=True))
        of.tell(trial, state=TrialState.FAIL)
    assert sum(width <= 12 for width in widths) >= 25


def test_a_rejected_point_is_not_proposed_again() -> None:
    space = Space((Parameter("width", Choice((8, 16, 32, 64)), {}),))
    search = made(space=space, budget=Limits(9, 1), workers=2)
    reason = Simulation().run(search, curve=lambda config, epoch: 0.5)
    assert reason == "the space is exhausted: all 4 configurations were tried"
    assert sorted((k.point["width"], k.status) for k in search.records) == [
        (8, "completed"),
        (16, "completed"),
        (32, "rejected"),
        (64, "rejected"),
    ]


def test_points_that_somebody_gave_are_rejected_too_with_the_reason() -> None:
    search = made(start=[{"width": 64}], workers=1, budget=Limits(1, 1))
    search.enqueue("a", {"width": 60})
    answer = search.ask()
    assert isinstance(answer, Start)
    told = {known.origin: known for known in search.records}
    assert told["request:a"].reason == "rejected: parameters 12,000, but `parameters <= 5000`"
    assert told["start:0"].reason == "rejected: parameters 12,800, but `parameters <= 5000`"
    assert told["sampler"].number == answer.number or answer.number == len(search.records) - 1


def test_a_point_that_was_asked_for_and_rejected_is_none_of_the_trials_that_are_done() -> None:
    search = made(workers=1, budget=Limits(1, 1))
    search.enqueue("a", {"width": 64})
    search.enqueue("b", {"width": 8})
    assert Simulation().run(search) == "all 2 trials are done"
    assert sorted(known.status for known in search.records) == ["completed", "completed", "rejected"]


def test_the_worst_violation_is_the_reason() -> None:
    search = made(
        budget=Limits(1, 1),
        start=[{"width": 64}],
        constraints=[SMALL, Constraint("latency_ms", ">=", 100.0)],
    )
    search.ask()
    assert search.records[0].reason == "rejected: parameters 12,800, but `parameters <= 5000`"


@pytest.mark.parametrize("again", [False, True])
def test_constraints_that_nothing_meets_end_the_search_with_the_one_to_blame(again: bool) -> None:
    """Also when the search is resumed: it does not reject another 200."""
    impossible = [Constraint("parameters", "<=", 1), Constraint("latency_ms", "<=", 3)]
    of = study()
    search = made(of, constraints=impossible)
    answer = search.ask()
    if again:
        search = made(of, constraints=impossible)
        answer = search.ask()
    assert isinstance(answer, Done)
    assert len(search.records) == MOST_REJECTED == 200
    assert answer.reason == (
        "the constraints reject what is proposed: of the last 200 configurations none was allowed, and 200 violate "
        "`parameters <= 1`: relax it, or narrow the space"
    )


def test_a_limit_that_is_just_met_is_kept_and_not_blamed() -> None:
    """5 is at most 5; it is the other one that nothing meets."""
    just, never = Constraint("parameters", "<=", 5), Constraint("latency_ms", "<=", 1)
    measured = {"parameters": 5.0, "latency_ms": 9.0}
    refused = policy(measure=lambda _: measured, constraints=[just, never]).ask()
    assert isinstance(refused, Done)
    assert "and 200 violate `latency_ms <= 1`" in refused.reason
    assert started(policy(measure=lambda _: measured, constraints=[just])).number == 0


def test_once_the_constraints_reject_all_whoever_waits_at_a_rung_goes_on() -> None:
    """Hyperband starts 9 in its first bracket; only these 3 are allowed, of which one goes on."""
    count = itertools.count(1)
    search = policy(
        scheduler="hyperband",
        constraints=[Constraint("parameters", "<=", 3)],
        measure=lambda _: {"parameters": float(next(count))},
    )
    for number in range(3):
        assert started(search).number == number
        assert search.report(number, report(1, number / 10), checkpoint="1") is Decision.PAUSE
        search.finish(number, "paused")
    assert started(search).number == 2
    assert len(search.records) == 3 + MOST_REJECTED


def test_what_others_ask_for_is_tried_also_where_the_sampler_finds_nothing() -> None:
    only = Constraint("parameters", ">=", 64 * 200)
    space = Space((Parameter("width", SPACE.parameters[-1].domain, {}), *SPACE.parameters[:3]))
    search = made(space=space, constraints=[Constraint("parameters", ">=", 1e9), only])
    assert isinstance(search.ask(), Done)
    search.enqueue("a", {"width": 64})
    assert isinstance(search.ask(), Done)
    assert search.records[-1].origin == "request:a"


def test_rejected_trials_are_in_no_ranking_and_survive_a_restart() -> None:
    of = study()
    first = made(of, budget=Limits(5, 1))
    Simulation().run(first)
    again = made(of, budget=Limits(5, 1))
    assert again.records == first.records
    assert isinstance(again.ask(), Done)
    ranked = rank(first.records, Scoring())
    assert {known.status for known in ranked} == {"completed"}


@pytest.mark.parametrize("wanted", [{"constraints": [SMALL]}, {"goals": [Goal("parameters")]}])
def test_constraints_without_a_measure_are_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(
        ValueError, match=r"^`measure` is expected where there are constraints or goals, but got None$"
    ):
        policy(**wanted)


def test_what_a_sampler_notes_stands_in_the_trials_one_record() -> None:
    of = study()
    search = policy(of)
    proposals = search._entrance._proposals
    proposed = proposals.next(of, 0)
    assert proposed is not None
    object.__setattr__(proposed, "notes", {"model": [1, 2]})
    proposals.next = lambda *args, **more: proposed  # type: ignore[method-assign]
    search.ask()
    assert of.trials[0].system_attrs["model"] == [1, 2]
