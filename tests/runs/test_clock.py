"""What stands in a file in the place of a time may be anything; what is taken for one has a place in a calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.runs.clock import known_time

ANYTHING = st.none() | st.text() | st.floats() | st.integers() | st.lists(st.integers())


@given(ANYTHING | st.integers(10**300, 10**400))
def test_what_is_taken_for_a_time_has_a_date(at: object) -> None:
    found = known_time(at)
    assert found is None or datetime.fromtimestamp(found, UTC).year >= 1970


@pytest.mark.parametrize("at", [0, 1_700_000_000, 1.7e9, 4e9])
def test_a_time_stays_what_it_is(at: float) -> None:
    assert known_time(at) == at
