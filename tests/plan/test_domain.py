"""Domains: what they refuse, what they contain, what they draw."""

from __future__ import annotations

import math
import pickle
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.domain import Choice, DomainError, Fixed, Float, Int, same


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Float(1.0, 0.1), "`low <= high` must hold, but got low=1.0, high=0.1"),
        (lambda: Int(5, 4), "`low <= high` must hold, but got low=5, high=4"),
        (lambda: Float(0.0, 1.0, log=True), "`low > 0` must hold in a log range, but got low=0.0"),
        (lambda: Int(0, 9, log=True), "`low > 0` must hold in a log range, but got low=0"),
        (
            lambda: Float(0.1, 1.0, True, 0.1),
            "only one of `log` and `step` must stand, but got log=true, step=0.1",
        ),
        (lambda: Float(0, 1, step=0.0), "`step > 0` must hold, but got step=0.0"),
        (lambda: Int(0, 4, step=-1), "`step > 0` must hold, but got step=-1"),
        (lambda: Int(0, 4, step=5), "`step <= high - low` must hold, but got step=5, low=0, high=4"),
        (
            lambda: Float(0, 1e300, step=1e-300),
            "`(high - low) / step <= 2**53` must hold, but got step=1e-300",
        ),
        (lambda: Float(0, math.inf), "`high` must be finite, but got high=inf"),
        (lambda: Float(math.nan, 1), "`low` must be finite, but got low=nan"),
        (lambda: Int(0, 2**54), f"`-2**53 <= high <= 2**53` must hold, but got high={2**54}"),
        (lambda: Int(True, 2), "`low` must be a whole number, but got low=true"),
        (lambda: Float("0", 2), "`low` must be a number, but got low=0"),  # type: ignore[arg-type]
        (lambda: Choice([]), "a choice must have at least one value, but got choice=[]"),
        (lambda: Choice([1, 1.0]), "each choice must stand once, but got 1 twice"),
        (
            lambda: Fixed(math.nan),
            "a fixed value must be text, a finite number, true, false or null, but got value=nan",
        ),
    ],
)
def test_a_contradiction_names_the_law_and_the_values(make: object, message: str) -> None:
    with pytest.raises(DomainError) as caught:
        make()  # type: ignore[operator]
    assert str(caught.value) == message


def test_true_is_not_one() -> None:
    assert Choice([1, True]).size() == 2
    assert not Choice([1]).contains(True)
    assert not Int(0, 1).contains(True)
    assert not Float(0, 1).contains(True)
    assert same(1, 1.0)


def test_steps_are_decimal_fractions() -> None:
    assert list(Float(0.0, 0.5, step=0.1).values()) == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert list(Float(0.0, 1.0, step=0.3).values()) == [0.0, 0.3, 0.6, 0.9]
    assert list(Int(1, 8, step=3).values()) == [1, 4, 7]
    assert Float(0.0, 0.3, step=0.1).contains(0.1 + 0.2)  # a rounding above 0.3
    assert not Float(0.0, 0.3, step=0.1).contains(0.4)


def test_a_continuous_range_has_no_list_of_values() -> None:
    assert Float(0.0, 1.0).size() == math.inf
    assert list(Float(2.0, 2.0).values()) == [2.0]
    with pytest.raises(ValueError, match="a finite domain is expected, but got a number from 0 to 1"):
        Float(0.0, 1.0).values()


@given(
    low=st.decimals(-100, 100, places=3), steps=st.integers(0, 50), step=st.decimals("0.001", 10, places=3)
)
def test_the_values_of_a_stepped_range_are_exact(low: object, steps: int, step: object) -> None:
    """Against exact fractions: k steps of any decimal width end exactly at the number one would write."""
    start, width = Fraction(str(low)), Fraction(str(step))
    domain = Float(float(start), float(start + (steps + 1) * width), step=float(width))
    assert list(domain.values()) == [float(start + k * width) for k in range(steps + 2)]
    assert domain.size() == steps + 2
    assert all(domain.contains(value) for value in domain.values())


@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_draw_lies_in_its_domain(data: st.DataObject, seed: int) -> None:
    low = data.draw(st.floats(1e-300, 1e300))
    high = data.draw(st.floats(low, 1.7e308))
    whole = data.draw(st.integers(1, 2**52)), data.draw(st.integers(2**52, 2**53))
    rng = np.random.default_rng(seed)
    for domain in (
        Float(low, high),
        Float(low, high, log=True),
        Float(-high, high),
        Int(*whole),
        Int(*whole, log=True),
    ):
        assert domain.contains(domain.sample(rng))


def test_draws_are_uniform() -> None:
    """Chi-square against the uniform law, 4 degrees of freedom, limit of one in 10,000; log on its logarithm."""
    rng = np.random.default_rng(0)
    for domain in (Int(1, 5), Int(1, 9, step=2), Choice(list("abcde")), Float(0.1, 0.5, step=0.1)):
        counts = Counter(domain.sample(rng) for _ in range(5000))
        assert len(counts) == 5
        assert sum((count - 1000) ** 2 / 1000 for count in counts.values()) < 23.5
    drawn = np.log10([Float(1e-4, 1e0, log=True).sample(rng) for _ in range(4000)])
    counts = Counter(np.floor(drawn).astype(int).tolist())
    assert sum((counts[decade] - 1000) ** 2 / 1000 for decade in range(-4, 0)) < 21.1


def test_whole_numbers_on_a_logarithm_follow_their_shares() -> None:
    """Closed form: n is drawn with the logarithmic share of [n - 1/2, n + 1/2]; within 4 standard deviations."""
    rng, draws = np.random.default_rng(1), 20000
    counts = Counter(Int(1, 8, log=True).sample(rng) for _ in range(draws))
    for n in range(1, 9):
        share = math.log((n + 0.5) / (n - 0.5)) / math.log(8.5 / 0.5)
        assert abs(counts[n] - draws * share) < 4 * math.sqrt(draws * share * (1 - share))


def test_domains_and_their_errors_travel_between_processes() -> None:
    for value in (Float(0, 1, step=0.1), Int(1, 2), Choice(["a", None]), Fixed(3), DomainError("law", "x=1")):
        again = pickle.loads(pickle.dumps(value))
        assert again == value or str(again) == str(value)
