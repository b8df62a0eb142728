"""Every registered scheduler keeps the contract; rungs, brackets and rules are those of the papers."""

from __future__ import annotations

import math
from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.training.errors import SettingsError
from search.tuning import launch
from search.tuning.chance import chance
from search.tuning.parts import schedulers
from search.tuning.schedulers import Others, Scheduler, Standing
from search.tuning.schedulers.asha import shares
from search.tuning.schedulers.halving import bracket_size
from tests.inprocess import SPACE, plan_in

VALUES = st.lists(st.integers(-5, 5).map(float), min_size=1, max_size=30)


@pytest.fixture(params=schedulers.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def others(values: list[float]) -> Others:
    return Others(sorted(values), sorted(values))


def standing(value: float) -> Standing:
    return Standing(value, value, value)


@pytest.mark.parametrize("horizon", [1, 2, 9, 27, 243, 1000])
def test_rungs_increase_and_lie_below_the_horizon(name: str, horizon: int) -> None:
    rungs = list(schedulers[name].build(horizon).rungs)
    assert rungs == sorted(set(rungs))
    assert all(1 <= rung < horizon for rung in rungs)
    assert schedulers[name].summary


@given(st.lists(st.integers(1, 300), min_size=2, max_size=2), st.integers(0, 5))
def test_the_rungs_are_the_union_of_the_brackets(settings: list[int], bracket: int) -> None:
    for entry in schedulers:
        rule = entry.build(max(settings))
        used = {rule.bracket(0, number, number) for number in range(200)}
        assert sorted({rung for at in used for rung in rule.rungs_of(at)}) == list(rule.rungs)
        assert set(rule.rungs_of(bracket)) <= set(rule.rungs)


@given(VALUES, st.integers(0, 29))
def test_the_best_goes_on_and_nobody_worse_than_a_loser(values: list[float], which: int) -> None:
    """A rule that is asked of the same standing decides the same, whatever came before."""
    for entry in schedulers:
        rule = entry.build(27)
        value = values[which % len(values)]
        first, again = (rule.decide(1, standing(value), others(values)) for _ in range(2))
        assert first == again
        assert first.standing == len(values) + 1
        assert rule.decide(1, standing(max(values)), others(values)).keep
        if not first.keep:
            assert not rule.decide(1, standing(value - 1), others(values)).keep


@given(st.integers(1, 60), st.integers(0, 8), st.integers(0, 2))
def test_there_are_no_more_places_than_trials_and_only_a_rule_that_pauses_has_any(
    count: int, bracket: int, index: int
) -> None:
    for entry in schedulers:
        rule = entry.build(27)
        rungs = rule.rungs_of(bracket)
        if index < len(rungs):
            entered = rule.capacity(bracket) or count
            places = rule.places(bracket, rungs[index], standing=count, entered=entered)
            assert 0 <= places <= entered
            assert rule.pauses or places == 0


@pytest.mark.parametrize(
    ("horizon", "grace", "factor", "rungs"),
    [
        (27, 1, 3, (1, 3, 9)),
        (243, 1, 3, (1, 3, 9, 27, 81)),
        (1000, 1, 10, (1, 10, 100)),
        (20, 5, 4, (5,)),
        (3, 3, 2, ()),
    ],
)
def test_rungs_of_successive_halving(horizon: int, grace: int, factor: int, rungs: tuple[int, ...]) -> None:
    """Ray's stock formula `int(log / log)` loses the rungs 81 and 100 of these (../shared/facts.md)."""
    for name in ("asha", "hyperband"):
        assert schedulers[name].build(horizon, grace_period=grace, reduction_factor=factor).rungs == rungs


@given(VALUES, st.integers(-5, 5), st.integers(2, 4))
def test_asha_keeps_whoever_fewer_than_its_places_are_better_than(
    values: list[float], mine: int, factor: int
) -> None:
    """Brute force; the cut-off is the place-th best of all."""
    decided = schedulers["asha"].build(27, reduction_factor=factor).decide(1, standing(mine), others(values))
    everybody = sorted([*values, mine], reverse=True)
    places = len(everybody) // factor
    assert decided.keep == (places == 0 or sum(value > mine for value in values) < places)
    assert decided.cutoff == (everybody[places - 1] if places else None)
    assert (decided.rung, decided.standing) == (1, len(everybody))


@given(VALUES, st.integers(-5, 5), st.integers(1, 6))
def test_median_stops_whoever_is_worse_at_best_than_half_of_the_means(
    values: list[float], best: int, min_trials: int
) -> None:
    """Brute force by counting: below the median means below more than half, or below the middle of two."""
    rule = schedulers["median"].build(27, min_trials=min_trials)
    decided = rule.decide(1, Standing(-9, best, -9), Others([0.0] * len(values), sorted(values)))
    ranked = sorted(values)
    middle = (ranked[(len(ranked) - 1) // 2] + ranked[len(ranked) // 2]) / 2
    enough = len(values) >= min_trials
    assert decided.keep == (not enough or best >= middle)
    assert decided.cutoff == (middle if enough else None)
    assert (decided.rung, decided.standing) == (1, len(values) + 1)


@pytest.mark.parametrize("name", ["asha", "median", "none"])
def test_a_rule_without_brackets_puts_all_into_the_first(name: str) -> None:
    assert {schedulers[name].build(27).bracket(0, number, number) for number in range(50)} == {0}


@pytest.mark.parametrize("brackets", [2, 3])
def test_brackets_have_the_shares_of_hyperband(brackets: int) -> None:
    """27 epochs: Hyperband starts 27, 12, 6 and 4 trials (Li et al. 2018, Algorithm 1)."""
    weights = [27, 12, 6][:brackets]
    rule = schedulers["asha"].build(27, brackets=brackets)
    drawn = Counter(rule.bracket(5, number, 0) for number in range(20_000))
    for bracket, weight in enumerate(weights):
        share = weight / sum(weights)
        spread = 4 * math.sqrt(20_000 * share * (1 - share))
        assert abs(drawn[bracket] - 20_000 * share) < spread
        assert rule.rungs_of(bracket) == (1, 3, 9)[bracket:]
    assert shares(3, brackets, 3) == weights


def test_a_bracket_is_drawn_from_the_seed_and_the_number_alone() -> None:
    rule = schedulers["asha"].build(27, brackets=3)
    drawn = [
        [rule.bracket(seed, number, order) for number in range(50)]
        for seed, order in ((1, 0), (1, 9), (2, 0))
    ]
    assert drawn[0] == drawn[1] != drawn[2]
    # 27, 12 and 6 of 45; a draw of its own, since that of the audit would let live in one bracket alone.
    draws = [chance(1, "bracket", number) * 45 for number in range(50)]
    assert drawn[0] == [(draw >= 27) + (draw >= 39) for draw in draws]


@pytest.mark.parametrize(("horizon", "grace", "most"), [(27, 1, 3), (27, 9, 1), (5, 9, 1), (20, 5, 2)])
def test_more_brackets_than_rungs_are_refused_in_a_sentence(horizon: int, grace: int, most: int) -> None:
    """Ray's `AsyncHyperBandScheduler(brackets=3)` silently makes brackets that never stop anyone."""
    asha = schedulers["asha"].build
    assert asha(horizon, grace_period=grace, brackets=most)
    with pytest.raises(
        ValueError, match=f"found {most + 1}, expected at most {most}, one for each rung below"
    ):
        asha(horizon, grace_period=grace, brackets=most + 1)


@pytest.mark.parametrize(
    ("rungs", "factor", "sizes"),
    [(3, 3, [27, 12, 6, 4]), (4, 3, [81, 34, 15, 8, 5]), (2, 4, [16, 6, 3])],
)
def test_hyperband_starts_as_many_trials_as_the_algorithm(rungs: int, factor: int, sizes: list[int]) -> None:
    """By hand from line 4: n = ⌈(s_max + 1) η^s / (s + 1)⌉."""
    assert [bracket_size(s, rungs, factor) for s in range(rungs, -1, -1)] == sizes


def test_hyperband_fills_its_brackets_one_after_the_other_round_after_round() -> None:
    rule = schedulers["hyperband"].build(27)
    filled = [rule.bracket(0, 0, order) for order in range(2 * 49)]
    assert [len(list(group)) for _, group in groupby(filled)] == [27, 12, 6, 4] * 2
    assert filled == sorted(filled)
    assert [rule.rungs_of(bracket) for bracket in range(5)] == [(1, 3, 9), (3, 9), (9,), (), (1, 3, 9)]
    assert [rule.places(0, rung, standing=0, entered=27) for rung in (1, 3, 9)] == [9, 3, 1]


@given(st.integers(0, 2**32), st.integers(0, 10_000))
def test_a_draw_is_a_share_and_repeats(seed: int, number: int) -> None:
    drawn = chance(seed, "audit", number, 3)
    assert 0 <= drawn < 1
    assert drawn == chance(seed, "audit", number, 3) != chance(seed, "audit", number, 9)


def test_draws_are_even() -> None:
    drawn = [chance(seed, "bracket", number) for seed in range(20) for number in range(500)]
    assert abs(sum(drawn) / len(drawn) - 0.5) < 4 * math.sqrt(1 / 12 / len(drawn))
    assert abs(sum(value < 0.05 for value in drawn) / len(drawn) - 0.05) < 4 * math.sqrt(
        0.05 * 0.95 / len(drawn)
    )


def test_the_rule_of_none_stops_nobody() -> None:
    assert isinstance(schedulers["none"].build(9), Scheduler)
    assert schedulers["none"].build(9).decide(1, standing(-9), others([1.0] * 50)).keep


def test_a_plan_whose_brackets_do_not_fit_its_epochs_is_refused_before_anything_is_begun(
    tmp_path: Path,
) -> None:
    plan = plan_in(tmp_path, SPACE.replace("name: asha,", "name: asha, brackets: 9,"))
    folder = tmp_path / "runs"
    with pytest.raises(SettingsError, match=r"scheduler\.brackets: found 9, expected at most 2"):
        launch.start(plan, folder=folder, name=None, listener=lambda snapshot: None, options=launch.Options())
    assert not folder.exists()
