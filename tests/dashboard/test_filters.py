"""The filter of the URL: what is written is read, and it lets through what a loop over the trials lets through."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare.filters import Choice, Condition, Filters, Range
from dashboard.prepare.table import Table, table
from search.runs.reader import open_run

NAMES = st.text(min_size=1, max_size=8)
ENDS = st.floats(allow_nan=False)
CONDITIONS = st.one_of(
    st.builds(Range, ENDS, ENDS),
    st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=3).map(tuple).map(Choice),
)


@given(st.dictionaries(NAMES, CONDITIONS, max_size=4))
def test_what_is_written_into_the_url_is_read_from_it(conditions: dict[str, Condition]) -> None:
    assert dict(Filters.parse(str(Filters(conditions)))) == conditions


@given(st.text(max_size=60) | st.text(alphabet="ab:,|.%=0e-", max_size=60))
def test_any_text_in_the_url_is_a_filter(text: str) -> None:
    assert Filters.parse(str(Filters.parse(text))) == Filters.parse(text)


def test_a_line_as_a_person_writes_it() -> None:
    found = Filters.parse("learning_rate:0.001..0.1,optimizer:adam|sgd,score:0.9..")
    assert dict(found) == {
        "learning_rate": Range(0.001, 0.1),
        "optimizer": Choice(("adam", "sgd")),
        "score": Range(0.9, math.inf),
    }
    assert str(found) == "learning_rate:0.001..0.1,optimizer:adam|sgd,score:0.9.."


@pytest.fixture
def small(runs: Path) -> Table:
    return table(open_run(runs / "small"))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [0, 1, 2, 3]),
        ("optimizer:sgd", [1, 2]),
        ("optimizer:sgd|adam", [0, 1, 2, 3]),
        ("momentum:0..1", [1, 2]),  # where it is not active, nothing holds of it
        ("learning_rate:0.02..0.09", [2, 3]),
        ("score:0.85..", [1, 2]),
        ("status:completed,score:0.85..", [2]),
        ("status:failed", [3]),
        ("epochs:2..", [0, 2]),
        ("optimizer:0..1", []),  # a range says nothing of a choice
        ("width:1..", []),  # fixed, so no column
        ("origin:x", []),
    ],
)
def test_a_filter_lets_through_the_trials_counted_by_hand(
    small: Table, text: str, numbers: list[int]
) -> None:
    assert np.flatnonzero(Filters.parse(text).mask(small)).tolist() == numbers


def test_conditions_are_set_and_removed_by_name() -> None:
    filters = Filters().with_range("a", 0, 1).with_choice("b", ("x",)).with_range("a", 2, 3)
    assert str(filters) == "a:2..3,b:x"
    assert str(filters.without("a")) == "b:x"
    assert not filters.without("a").without("b")
