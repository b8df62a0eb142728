"""Work that never takes more than its share of the time: against a clock that is moved by hand."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.runs.sparing import SHARE, Sparing


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@given(st.lists(st.floats(0.0, 10.0), min_size=1, max_size=30))
def test_done_whenever_it_is_due_it_takes_at_most_its_share(costs: list[float]) -> None:
    clock = Clock()
    sparing = Sparing(0.5, clock)
    spent = 0.0
    for cost in costs:
        while not sparing.due:
            clock.now += 0.25

        def act(cost: float = cost) -> None:
            clock.now += cost

        sparing.do(act)
        spent += cost
    while not sparing.due:
        clock.now += 0.25
    assert spent * SHARE <= (clock.now - 1000.0) * (1 + 1e-9)
    assert clock.now - 1000.0 >= 0.5 * len(costs)


def test_what_is_cheap_is_done_as_often_as_was_asked_for() -> None:
    clock = Clock()
    sparing = Sparing(0.5, clock)
    assert sparing.due
    assert sparing.do(lambda: "done") == "done"
    clock.now += 0.4
    assert not sparing.due
    clock.now += 0.1
    assert sparing.due
