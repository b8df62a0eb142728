"""Who is taken for hung: patience follows the epochs of the search, and only the driver's own clock is asked."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.tuning.hang_limits import FIRST, LEAST, OPENING, Allowed, HangLimits, further
from search.tuning.silence import HELD_UP, SECOND_LINE, Silence


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(75, "no epoch for 75 s, 20 times the usual 3.7 s: taken for hung"), (40, "")],
)
def test_a_worker_that_died_has_hung_where_its_time_was_over(clock: Clock, seconds: int, said: str) -> None:
    silence = Silence(HangLimits(20), clock=clock)
    silence.begun(0, 1, "cnn")
    clock.now += 3.7
    silence.heard(0, 1, 3.7)
    clock.now += seconds
    assert silence.left(0, 1) == said


def test_who_is_silent_for_twice_his_time_is_killed_once(clock: Clock) -> None:
    silence = Silence(HangLimits(20), clock=clock)
    silence.begun(0, 1, "cnn")
    silence.begun(1, 4, "cnn")
    clock.now += 10
    silence.heard(0, 1, 10.0)
    silence.heard(1, 4, 10.0)
    clock.now += 399
    silence.heard(1, 4, 10.0)
    assert silence.overdue() == []
    clock.now += 2
    assert silence.overdue() == [(0, 1)]
    assert silence.overdue() == []


def test_a_part_of_an_epoch_is_heard_and_says_nothing_of_how_long_a_whole_one_takes(clock: Clock) -> None:
    silence = Silence(HangLimits(20), clock=clock, held_up=math.inf)
    silence.begun(0, 1, "cnn")
    clock.now += 1
    silence.heard(0, 1, None)
    clock.now += SECOND_LINE * FIRST - 1
    assert silence.overdue() == []
    clock.now += 2
    assert silence.overdue() == [(0, 1)]
    assert silence.allowed(1, "cnn").usual is None


def test_time_in_which_the_driver_itself_was_held_up_counts_against_no_one(clock: Clock) -> None:
    silence = Silence(HangLimits(20), clock=clock)
    silence.begun(0, 1, "cnn")
    silence.begun(1, 1, "cnn")
    clock.now += 10
    silence.heard(0, 1, 10.0)
    assert silence.overdue() == []
    clock.now += 3600
    silence.heard(1, 1, 10.0)
    assert silence.overdue() == [], "what 0 has said meanwhile is not read yet"
    found: list[tuple[float, tuple[int, int]]] = []
    for second in range(1, 500, int(HELD_UP) - 1):
        clock.now += HELD_UP - 1
        found += [(second, condemned) for condemned in silence.overdue()]
    assert [condemned for _, condemned in found] == [(0, 1), (1, 1)]
    assert all(390 < second <= 410 for second, _ in found)


def test_a_trial_that_waits_for_a_worker_is_never_hung(clock: Clock) -> None:
    silence = Silence(HangLimits(), clock=clock)
    clock.now += 1e9
    assert silence.overdue() == []
    assert silence.left(0, 1) == ""


def test_news_of_an_older_attempt_say_nothing_of_the_present_one(clock: Clock) -> None:
    silence = Silence(HangLimits(), clock=clock)
    silence.begun(0, 2, "cnn")
    clock.now += 2 * FIRST
    silence.heard(0, 1, 1.0)
    assert silence.left(0, 1) == ""
    assert silence.overdue() == [(0, 2)]


@given(epochs=st.lists(st.floats(0, 1e5), min_size=1, max_size=9), times=st.floats(2, 1e3))
def test_an_epoch_as_long_as_any_before_is_always_allowed(epochs: list[float], times: float) -> None:
    patience = HangLimits(times)
    for seconds in epochs:
        patience.learn(0, "cnn", seconds)
    allowed = patience.further(0)
    assert allowed == further(max(epochs), times)
    assert allowed.seconds >= max(LEAST, 2 * max(epochs))
    assert patience.opening(1, "cnn").seconds >= max(OPENING, allowed.seconds)


def test_an_architecture_that_was_never_measured_is_given_an_hour() -> None:
    patience = HangLimits()
    patience.learn(0, "cnn", 1.0)
    assert patience.opening(1, "resnet50") == Allowed(FIRST)


@pytest.mark.parametrize("said", [-3600.0, 0.0, 3600.0])
def test_a_worker_whose_clock_is_set_during_an_epoch_is_judged_by_the_drivers_clock(
    clock: Clock, said: float
) -> None:
    silence = Silence(HangLimits(20), clock=clock)
    silence.begun(0, 1, "cnn")
    clock.now += 10
    silence.heard(0, 1, said)
    clock.now += 250
    assert silence.left(0, 1) == "no epoch for 250 s, 25 times the usual 10 s: taken for hung"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["begun", "heard", "left", "asked"]), st.integers(0, 4), st.floats(0, 3000)
        ),
        max_size=40,
    )
)
def test_however_seldom_it_looks_it_finds_who_is_overdue_when_he_is(
    events: list[tuple[str, int, float]],
) -> None:
    """Against going through all at each question."""
    clock, limits = Clock(), HangLimits()
    silence = Silence(limits, clock=clock, held_up=math.inf)
    due: dict[int, float] = {}
    for event, number, seconds in events:
        clock.now += seconds
        if event == "begun":
            silence.begun(number, 1, "cnn")
            due[number] = clock.now + SECOND_LINE * limits.opening(number, "cnn").seconds
        elif event == "heard" and due.get(number, math.inf) < math.inf:  # the others are killed
            silence.heard(number, 1, 1.0)
            if due[number] < float("inf"):  # else it is being killed, and that is asked for once
                due[number] = clock.now + SECOND_LINE * limits.further(number).seconds
        elif event == "left":
            silence.left(number, 1)
            due.pop(number, None)
        wanted = {number for number, at in due.items() if clock.now >= at}
        assert {number for number, _ in silence.overdue()} == wanted
        due.update(dict.fromkeys(wanted, float("inf")))
