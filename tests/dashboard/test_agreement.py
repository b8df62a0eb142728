"""Rank correlations against SciPy's, their intervals against the literature's formulas."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dashboard.prepare.agreement import (
    MOST_EPOCHS,
    agreement,
    agreements,
    columns,
    inversions,
    kendall,
    spearman,
)
from dashboard.prepare.rung_advice import agreement_text
from dashboard.prepare.table import Table, table
from tests.dashboard.records import curve, run

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=40)


@given(PAIRS)
def test_the_correlations_are_scipys_also_with_ties(pairs: list[tuple[int, int]]) -> None:
    a, b = np.array(pairs, dtype=float).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns where all values are equal
        rho, tau = stats.spearmanr(a, b).statistic, stats.kendalltau(a, b).statistic
    assert spearman(a, b) == pytest.approx(rho, abs=1e-12, nan_ok=True)
    assert kendall(a, b) == pytest.approx(tau, abs=1e-12, nan_ok=True)


@given(st.lists(st.integers(0, 9), max_size=40))
def test_inversions_are_the_pairs_in_falling_order(values: list[int]) -> None:
    expected = sum(a > b for i, a in enumerate(values) for b in values[i + 1 :])
    assert inversions(np.array(values, dtype=np.int64)) == expected


def made(tmp_path: Path, values: list[list[float]], **plan: object) -> Table:
    return table(run(tmp_path / "run", [curve(i, one) for i, one in enumerate(values)], **plan))


def test_an_agreement_says_how_many_it_rests_on_and_how_many_were_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    first, last = rng.random(30), rng.random(30)
    values = [[a, b] if i < 20 else [a] for i, (a, b) in enumerate(zip(first, last, strict=True))]
    found = agreement(made(tmp_path, values), 1, 2)
    assert found is not None
    assert (found.trials, found.reached) == (20, 30)
    rho = stats.spearmanr(first[:20], last[:20]).statistic
    half = 1.959963985 * math.sqrt((1 + rho**2 / 2) / 17)  # Bonett & Wright 2000, equation 3
    assert found.spearman.low == pytest.approx(math.tanh(math.atanh(rho) - half))
    assert found.spearman.high == pytest.approx(math.tanh(math.atanh(rho) + half))
    tau = stats.kendalltau(first[:20], last[:20]).statistic
    assert found.kendall.high == pytest.approx(
        math.tanh(math.atanh(tau) + 1.959963985 * math.sqrt(0.437 / 16))
    )


def test_too_few_trials_are_not_compared(tmp_path: Path) -> None:
    assert agreements(made(tmp_path, [[0.1, 0.2], [0.3, 0.1]]), [1, 2]) == []


def test_rungs_are_compared_with_the_next_one_and_with_the_last(tmp_path: Path) -> None:
    values = [[i / 10, i / 20, 1 - i / 10] for i in range(6)]
    found = agreements(made(tmp_path, values), [1, 2, 3])
    assert [(one.epoch, one.later) for one in found] == [(1, 2), (1, 3), (2, 3)]
    assert [round(one.spearman.value) for one in found] == [1, -1, -1]
    assert columns(found)["Trials at both"] == [6, 6, 6]


def test_perfect_agreement_of_few_trials_is_not_told_as_certain(tmp_path: Path) -> None:
    """Fisher's z is infinite there: an interval from 1 to 1 would say that no trial can ever be out of order."""
    found = agreement(made(tmp_path, [[i / 10, i / 20] for i in range(5)]), 1, 2)
    assert found is not None
    assert (found.spearman.value, found.kendall.value) == pytest.approx((1.0, 1.0))
    assert all(math.isnan(end) for one in (found.spearman, found.kendall) for end in (one.low, one.high))
    assert "no interval" in agreement_text(found)
    assert "nan" not in agreement_text(found)


def test_a_rung_at_every_epoch_leaves_a_handful_of_comparisons(tmp_path: Path) -> None:
    values = [[(i * step) % 7 / 7 for step in range(1, 41)] for i in range(6)]
    found = agreements(made(tmp_path, values, budget={"trials": 6, "epochs": 40}), list(range(1, 41)))
    assert 0 < len(found) <= 2 * MOST_EPOCHS
    assert {found[0].epoch, found[-1].later} == {1, 40}
