"""Random spaces, and trials as the Policy records them, for the tests of samplers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna
from hypothesis import strategies as st
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.plan.domain import Choice, Domain, Fixed, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.record import ATTRIBUTES
from search.tuning.distributions import distribution

OPTIONS: Any = st.sampled_from(["a", "b", "", "1e-4", "ü", True, False, None, 0, 1, 2.5, -3])
STEPS = (0.1, 0.25, 0.3, 1.0)


def _choices(least: int) -> Any:
    unlike = st.lists(OPTIONS, min_size=least, max_size=4, unique_by=lambda v: (isinstance(v, bool), v))
    return unlike.map(Choice)


def _whole(draw: Any) -> Domain:
    low, width = draw(st.integers(-50, 50)), draw(st.integers(0, 60))
    if draw(st.booleans()):
        return Int(abs(low) + 1, abs(low) + 1 + width * draw(st.sampled_from([1, 1000])), log=True)
    return Int(low, low + width, step=draw(st.sampled_from([None, *range(1, max(2, width // 2))])))


def _real(draw: Any) -> Domain:
    low = round(draw(st.floats(-5, 5)), 2)
    if draw(st.booleans()):
        return Float(low, low + 1.5, step=draw(st.sampled_from(STEPS)))
    if draw(st.booleans()):
        return Float(abs(low) + 1e-6, (abs(low) + 1e-6) * draw(st.floats(1, 1e6)), log=True)
    return Float(low, round(low + draw(st.floats(0, 3)), 2))


@st.composite
def domains(draw: Any) -> Domain:
    """Any kind of domain, also of one value, with steps and logarithms."""
    kind = draw(st.sampled_from(["choice", "choice", "fixed", "int", "float"]))
    if kind == "choice":
        return Choice(draw(_choices(1)).options)
    if kind == "fixed":
        return Fixed(draw(OPTIONS))
    return _whole(draw) if kind == "int" else _real(draw)


@st.composite
def spaces(draw: Any) -> Space:
    """Up to six parameters in random order, each under conditions on some of those made before it."""
    made: list[Parameter] = []
    for index in range(draw(st.integers(0, 6))):
        when: dict[str, tuple[Value, ...]] = {}
        possible = [p for p in made if p.domain.size() <= 100]
        for parent in draw(st.lists(st.sampled_from(possible), max_size=2, unique_by=id)) if possible else ():
            values = list(parent.domain.values())
            some = st.sets(st.integers(0, len(values) - 1), min_size=1, max_size=3)
            when[parent.name] = tuple(values[at] for at in draw(some))
        made.append(Parameter(f"p{index}", draw(domains()), when))
    return Space(tuple(draw(st.permutations(made))))


def trial(
    space: Space,
    point: Mapping[str, Value],
    values: Mapping[int, float] | None = None,
    *,
    state: TrialState = TrialState.COMPLETE,
    number: int = 0,
    attributes: Mapping[str, float] | None = None,
    notes: Mapping[str, Any] | None = None,
) -> FrozenTrial:
    """Return a trial of a point with the values it reported; its id is its number."""
    sampled = {p.name: p.domain for p in space.parameters if p.name in point and p.domain.size() > 1}
    values = dict(values or {})
    finished = state in (TrialState.COMPLETE, TrialState.PRUNED) and values
    made = create_trial(
        state=state,
        value=values[max(values)] if finished else None,
        params={name: point[name] for name in sampled},
        distributions={name: distribution(domain) for name, domain in sampled.items()},
        intermediate_values=values,
        system_attrs={**(notes or {}), **({ATTRIBUTES: dict(attributes)} if attributes else {})},
    )
    made.number = made._trial_id = number
    return made


def study_of(trials: list[FrozenTrial]) -> optuna.Study:
    """Return a study in memory, to be maximized, with these trials in their order."""
    study = optuna.create_study(direction="maximize")
    study.add_trials(trials)
    return study
