"""Who is ahead of whom before TPE is asked: like is compared with like."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.samplers import RandomSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from search.plan.domain import Float
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.tuning.samplers.rung_tpe import Peers, RungTPESampler, comparable, value_at
from tests.tuning.samplers.made import study_of, trial

SPACE = Space((Parameter("x", Float(0.0, 1.0)),))
MAXIMIZE, MINIMIZE = StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE


def made(number: int, values: dict[int, float], state: TrialState = TrialState.PRUNED) -> FrozenTrial:
    if not values and state == TrialState.COMPLETE:
        state = TrialState.PRUNED
    return trial(SPACE, {"x": number / 100}, values, state=state, number=number)


def ranks(peers: Peers) -> list[int]:
    """Return the numbers of the ranked trials, the best first."""
    ranked = peers.get_trials(states=(TrialState.COMPLETE,))
    return [t.number for t in sorted(ranked, key=lambda t: t.value or 0.0)]


def test_who_came_further_is_ahead_and_at_the_same_level_the_value_there_decides() -> None:
    trials = [
        made(0, {1: 0.9}),
        made(1, {1: 0.1, 3: 0.2}),
        made(2, {1: 0.2, 3: 0.5}),
        made(3, {1: 0.3, 3: 0.1, 9: 0.1}, TrialState.COMPLETE),
        made(4, {}, TrialState.FAIL),
        made(5, {1: 0.8}),
        made(6, {}),
    ]
    assert ranks(comparable(trials, (1, 3, 9), MAXIMIZE)) == [3, 2, 1, 0, 5, 6, 4]
    assert ranks(comparable(trials, (1, 3, 9), MINIMIZE)) == [3, 1, 2, 5, 0, 6, 4]
    # Told apart at level 1 only, whatever came later.
    assert ranks(comparable(trials, (1,), MAXIMIZE)) == [0, 5, 3, 2, 1, 6, 4]


def test_who_failed_is_last_however_far_he_came() -> None:
    trials = [made(0, {1: 0.9, 3: 0.9}, TrialState.FAIL), made(1, {1: 0.1})]
    assert ranks(comparable(trials, (1, 3), MAXIMIZE)) == [1, 0]


@pytest.mark.parametrize("state", [TrialState.RUNNING, TrialState.WAITING])
def test_who_still_runs_is_pending_until_the_highest_level(state: TrialState) -> None:
    trials = [made(0, {1: 0.5}, state), made(1, {1: 0.4, 3: 0.4}, state), made(2, {1: 0.3})]
    peers = comparable(trials, (1, 3), MAXIMIZE)
    assert ranks(peers) == [1, 2]
    assert [t.number for t in peers.get_trials(states=(TrialState.RUNNING,))] == [0]
    assert peers.get_trials(states=(TrialState.RUNNING,))[0].value is None


def test_ties_are_in_the_order_of_the_numbers_and_values_are_ranks() -> None:
    trials = [made(number, {1: 0.5}) for number in (2, 0, 1)]
    peers = comparable(trials, (1,), MAXIMIZE)
    assert ranks(peers) == [0, 1, 2]
    assert sorted(t.value for t in peers.get_trials() if t.value is not None) == [0.0, 1.0, 2.0]
    assert all(not t.intermediate_values for t in peers.get_trials())
    assert trials[0].intermediate_values == {1: 0.5}, "the study's own trials stay as they are"
    assert trials[0].state == TrialState.PRUNED
    assert peers.direction == MINIMIZE


@given(st.dictionaries(st.integers(1, 9), st.sampled_from([0.0, 0.5, 1.0, math.nan])), st.integers(1, 9))
def test_a_value_at_a_level_is_the_first_recorded_from_there_on(values: dict[int, float], level: int) -> None:
    after = [values[step] for step in sorted(values) if step >= level]
    expected = after[0] if after and not math.isnan(after[0]) else None
    assert value_at(made(0, values), level) == expected


TRIALS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.lists(st.integers(-3, 3).map(float), min_size=3, max_size=3),
        st.sampled_from([TrialState.PRUNED, TrialState.RUNNING, TrialState.FAIL]),
    ),
    max_size=12,
)


@given(TRIALS, st.booleans())
def test_nobody_is_lost_or_doubled_and_a_better_value_is_never_behind(found: Any, minimize: bool) -> None:
    trials = [
        made(number, dict(zip((1, 3, 9)[:reached], values, strict=False)), state)
        for number, (reached, values, state) in enumerate(found)
    ]
    peers = comparable(trials, (1, 3, 9), MINIMIZE if minimize else MAXIMIZE)
    assert sorted(t.number for t in peers.get_trials()) == list(range(len(trials)))
    order = ranks(peers)
    for ahead, behind in pairwise(order):
        a, b = trials[ahead], trials[behind]
        if TrialState.FAIL in (a.state, b.state):
            assert b.state == TrialState.FAIL
            continue
        assert max(a.intermediate_values, default=0) >= max(b.intermediate_values, default=0)
        if a.intermediate_values and a.intermediate_values.keys() == b.intermediate_values.keys():
            last = max(a.intermediate_values)
            first, second = a.intermediate_values[last], b.intermediate_values[last]
            assert first <= second if minimize else first >= second


def sampler(seed: int = 0, *, enough: int = 3, random_share: float = 0.0) -> RungTPESampler:
    return RungTPESampler((1, 3, 9), enough=enough, random_share=random_share, candidates=8, seed=seed)


@pytest.mark.parametrize(
    ("standing", "levels"),
    [((0, 0, 0), ()), ((2, 2, 2), ()), ((3, 2, 1), (1,)), ((5, 3, 2), (1, 3)), ((9, 4, 3), (1, 3, 9))],
)
def test_the_level_is_the_highest_at_which_enough_stand(
    standing: tuple[int, int, int], levels: tuple[int, ...]
) -> None:
    """``standing``: how many trials came to epochs 1, 3 and 9."""
    trials = []
    for number in range(standing[0]):
        reached = sum(number < count for count in standing)
        trials.append(made(number, dict.fromkeys((1, 3, 9)[:reached], 0.5)))
    assert sampler()._compared(trials) == levels


def test_before_enough_stand_draws_are_random_and_then_the_share_of_them_is_kept() -> None:
    few, many = ([made(n, {1: n / 100}) for n in range(count)] for count in (2, 30))
    kinds = []
    for trials, share in ((few, 0.0), (many, 0.0), (many, 1.0)):
        asked = sampler(random_share=share)
        asked.infer_relative_search_space(study_of(trials), made(99, {}, TrialState.RUNNING))
        kinds.append(type(asked._inner))
    assert kinds == [RandomSampler, TPESampler, RandomSampler]
    random = 0
    for seed in range(200):
        asked = sampler(seed, random_share=1 / 3)
        asked.infer_relative_search_space(study_of(many), made(99, {}, TrialState.RUNNING))
        random += isinstance(asked._inner, RandomSampler)
    assert 45 < random < 90  # 67 expected, 3 standard deviations


def test_draws_gather_where_the_ranked_trials_are_good() -> None:
    """Trials stopped at epoch 1 with high values stand behind those at epoch 9: the good region is the latter's."""
    rng = np.random.default_rng(0)
    trials = []
    for number in range(60):
        x = float(rng.random())
        values = {1: 0.4, 3: 0.5, 9: 1 - abs(x - 0.2)} if x < 0.5 else {1: 0.9}
        state = TrialState.COMPLETE if x < 0.5 else TrialState.PRUNED
        trials.append(trial(SPACE, {"x": x}, values, state=state, number=number))
    study = study_of(trials)
    drawn = []
    for seed in range(20):
        study.sampler = sampler(seed)
        drawn.append(study.ask().suggest_float("x", 0.0, 1.0))
    assert np.mean([abs(x - 0.2) < 0.2 for x in drawn]) > 0.8
