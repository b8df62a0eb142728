"""Tests of where axes end."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare.ends import short


def test_an_end_has_as_many_digits_as_can_be_seen() -> None:
    assert short(0.7998020833333332, 0.19) == 0.8
    assert short(0.98123456, 0.004) == 0.98123
    assert short(123.456, 70.0) == 123.5


@given(end=st.floats(-1e6, 1e6), span=st.floats(1e-9, 1e6))
def test_an_end_moves_by_less_than_a_hundredth_of_what_is_seen(end: float, span: float) -> None:
    assert abs(short(end, span) - end) <= 0.01 * span + 1e-9 * abs(end)


def test_a_span_of_nothing_leaves_the_end_as_it_is() -> None:
    assert [short(0.123456, span) for span in (0.0, math.nan, math.inf, -1.0)] == [0.123456] * 4
