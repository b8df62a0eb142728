"""Several objectives: nobody is stopped whom nobody dominates at his rung."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.plan.objectives import Goal
from search.runs.record import TrialRecord
from search.tuning.answers import Limits
from search.tuning.parts import schedulers
from search.tuning.policy import Policy
from tests.tuning.simulation import Simulation, policy, study

EPOCHS = 9
KINDS: list[tuple[str, dict[str, Any]]] = [
    ("asha", {}),
    ("asha", {"kind": "promotion"}),
    ("asha", {"brackets": 2, "kind": "promotion"}),
    ("hyperband", {}),
    ("median", {}),
]


def searched(
    name: str, given: dict[str, Any], salt: int, *, minimize: bool, goals: tuple[Goal, ...]
) -> Policy:
    """Curves and attributes are small whole numbers, so that vectors are equal now and then."""

    def draw(config: Any, *labels: Any) -> float:
        return float(random.Random(f"{salt} {sorted(config.items())} {labels}").randrange(6))

    made = policy(
        study(direction="minimize" if minimize else "maximize"),
        budget=Limits(15, EPOCHS),
        scheduler=schedulers[name].build(EPOCHS, **given),
        goals=goals,
        measure=lambda config: {"parameters": draw(config, "p"), "latency_ms": draw(config, "l")},
        workers=1 + salt % 4,
    )
    Simulation().run(made, curve=draw)
    return made


def vector(known: TrialRecord, rung: int, *, minimize: bool, goals: tuple[Goal, ...]) -> list[float]:
    """All objectives with larger as better."""
    value = known.values[rung]
    attributes = [known.attributes[g.attribute] * (1 if g.maximize else -1) for g in goals]
    return [-value if minimize else value, *attributes]


@pytest.mark.parametrize(("name", "given_settings"), KINDS)
@given(
    salt=st.integers(0, 10**6),
    minimize=st.booleans(),
    goals=st.sampled_from([(Goal("parameters"),), (Goal("parameters"), Goal("latency_ms", maximize=True))]),
)
@settings(deadline=None, max_examples=15)
def test_whoever_is_stopped_is_dominated_by_someone_at_his_rung(
    name: str, given_settings: dict[str, Any], salt: int, minimize: bool, goals: tuple[Goal, ...]
) -> None:
    """Brute force over the final records: all that ever stood at the rung in the same bracket."""
    made = searched(name, given_settings, salt, minimize=minimize, goals=goals)
    for known in made.records:
        if known.status != "stopped":
            assert known.status == "completed"
            continue
        rung = known.step
        mine = vector(known, rung, minimize=minimize, goals=goals)
        there = [
            vector(other, rung, minimize=minimize, goals=goals)
            for other in made.records
            if other.bracket == known.bracket and rung in other.values
        ]
        assert any(all(a >= b for a, b in zip(v, mine, strict=True)) and v != mine for v in there)


def test_the_curve_alone_stops_who_is_kept_for_being_small() -> None:
    """The same search without goals: the small network is stopped; with them it goes on, and the record says why."""
    values, sizes = [0.9, 0.8, 0.7, 0.1], [9.0, 8.0, 7.0, 1.0]

    def last(goals: tuple[Goal, ...]) -> TrialRecord:
        of = iter(sizes)
        made = policy(
            budget=Limits(4, 3),
            goals=goals,
            measure=lambda config: {"parameters": next(of)},
            scheduler="asha",
        )
        numbered = iter(values)
        curves: dict[str, float] = {}
        Simulation().run(
            made, curve=lambda config, epoch: curves.setdefault(repr(config), next(numbered, 0.0))
        )
        return made.records[-1]

    assert last(()).status == "stopped"
    kept = last((Goal("parameters"),))
    assert kept.status == "completed"
    assert [(rung.keep, rung.front) for rung in kept.reports[1].rungs] == [(True, True)]
