"""Finding by typing, against answers counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.prepare.find import find
from dashboard.prepare.table import Parameter
from tests.dashboard.tables import make_table

TABLE = make_table(
    (
        Parameter("learning_rate", "number", log=True, low=1e-4, high=1),
        Parameter("optimizer", "choice", choices=("sgd", "adam", "adamw")),
    ),
    {"learning_rate": [0.1, 0.01, 0.001, np.nan], "optimizer": ["sgd", "adam", "adamw", None]},
    [[0.5, 0.6], [0.7, np.nan], [0.8, 0.9], [np.nan, np.nan]],
    status=["completed", "stopped", "completed", "failed"],
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [0, 1, 2, 3]),
        ("learning_rate < 0.05", [1, 2]),
        ("learning_rate<=1e-2 and learning_rate >= 0.01", [1]),
        ("learning_rate = 0.1", [0]),
        ("learning_rate != 0.1", [1, 2]),
        ("optimizer = ADAM", [1]),
        ("optimizer != adam", [0, 2]),
        ("adam", [1, 2]),
        ("stopped early", [1]),
        ("status = stopped early", [1]),
        ("val/accuracy > 0.65, completed", [2]),
        ("score > 0.65", [1, 2]),
        ("2", [2]),
        ("trial 3", [3]),
        ("place = 1", [2]),
        ("nothing like it", []),
    ],
)
def test_what_is_typed_finds_the_trials_counted_by_hand(text: str, numbers: list[int]) -> None:
    found = find(TABLE, text)
    assert np.flatnonzero(found.rows).tolist() == numbers
    assert found.mistakes == ()


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("lerning_rate < 1", "there is no column 'lerning_rate'; did you mean learning_rate?"),
        ("learning_rate < fast", "learning_rate <: a number is expected, but got 'fast'"),
        ("optimizer < adam", "optimizer is text: = or != is expected, but got <"),
    ],
)
def test_a_mistake_is_told_and_hides_nothing(text: str, mistake: str) -> None:
    found = find(TABLE, text)
    assert found.mistakes == (mistake,)
    assert found.rows.all()


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_answered(text: str) -> None:
    assert find(TABLE, text).rows.shape == (4,)
