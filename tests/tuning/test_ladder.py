"""When a rung of a bracket with a capacity is closed, who goes on from it, and whom other objectives save.

The bracket is Hyperband's first of 9 epochs with a reduction factor of 3 (Li et al. 2018, table 1): 9 trials begin,
3 of them go on from epoch 1, and one from epoch 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import pytest

from search.plan.objectives import Goal
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, RungDecision, TrialRecord
from search.tuning.ladder import Ladder
from search.tuning.parts import schedulers
from search.tuning.promotions import Loser, Promotions

CAPACITY, EPOCHS = 9, 9


def trial(number: int, bracket: int = 0, **attributes: float) -> TrialRecord:
    return TrialRecord(number, "running", {}, {}, (), bracket=bracket, attributes=attributes)


def paused(number: int, rung: int, value: float, **attributes: float) -> TrialRecord:
    """Return a trial that waits at a rung for a place."""
    decision = RungDecision(rung, keep=False, cutoff=None, standing=1)
    last = RecordedReport(rung, rung, value, 1.0, 0, None, "pause", (decision,))
    return TrialRecord(number, "waiting", {}, {rung: last}, (), values={rung: value}, attributes=attributes)


def hyperband(entered: int, *, goals: Iterable[Goal] = (), **attributes: Mapping[int, float]) -> Ladder:
    """Return a ladder whose first bracket that many trials entered."""
    made = Ladder(schedulers["hyperband"].build(EPOCHS), Scoring(), goals=tuple(goals))
    for number in range(entered):
        made.enter(trial(number, **{name: values[number] for name, values in attributes.items()}))
    return made


def arrive(ladder: Ladder, rung: int, numbers: Iterable[int]) -> None:
    """Let trials stand at a rung, each with its number as value: the larger, the better."""
    for number in numbers:
        ladder.arrive(number, rung - 1, {rung: float(number)})


@pytest.mark.parametrize(
    ("entered", "arrived", "over", "closed"),
    [
        (CAPACITY, CAPACITY, False, True),
        (CAPACITY, CAPACITY - 1, False, False),
        (CAPACITY, CAPACITY - 1, True, False),
        (CAPACITY - 1, CAPACITY - 1, False, False),
        (CAPACITY - 1, CAPACITY - 1, True, True),
        (0, 0, True, True),
        (0, 0, False, False),
    ],
)
def test_a_rung_is_closed_once_all_have_come_who_may(
    entered: int, arrived: int, over: bool, closed: bool
) -> None:
    """While new trials may still enter the bracket it is open, and while one of it is on its way."""
    ladder = hyperband(entered)
    arrive(ladder, 1, range(arrived))
    assert ladder.closed(0, 1, over=over) is closed


def test_who_has_ended_or_is_of_the_control_group_is_not_waited_for() -> None:
    ladder = hyperband(CAPACITY)
    arrive(ladder, 1, range(CAPACITY - 2))
    ladder.end(CAPACITY - 1)
    assert not ladder.closed(0, 1, over=True)
    ladder.audit(CAPACITY - 2)
    assert ladder.controlled(CAPACITY - 2)
    assert not ladder.controlled(CAPACITY - 1)
    assert ladder.closed(0, 1, over=True)


def test_at_a_higher_rung_only_those_are_waited_for_who_may_go_on_from_the_one_below() -> None:
    """The best 3 of 9: 8, 7 and 6."""
    ladder = hyperband(CAPACITY)
    arrive(ladder, 1, range(CAPACITY - 1))
    assert not ladder.closed(0, 3, over=False), "the rung below is open"
    arrive(ladder, 1, [CAPACITY - 1])
    assert not ladder.closed(0, 3, over=False), "nobody has come yet"
    assert ladder.closed(0, 1, over=False), "the one below does not wait for the one above"
    arrive(ladder, 3, [8, 7])
    assert not ladder.closed(0, 3, over=False)
    arrive(ladder, 3, [6])
    assert ladder.closed(0, 3, over=False)


def test_where_nobody_may_go_on_nobody_is_waited_for_at_the_next_rung() -> None:
    """⌊2 / 3⌋ = 0 of two; the curve's own front, its best, is no other objective that would save one."""
    ladder = hyperband(2)
    arrive(ladder, 1, range(2))
    assert ladder.closed(0, 3, over=True)


def test_a_remembered_trial_stands_at_the_rungs_of_its_bracket_and_has_ended_where_it_had() -> None:
    ladder = hyperband(0)
    for number, status in enumerate(["stopped", "running", "running"]):
        ladder.remember(
            replace(trial(number), status=status, values=dict.fromkeys(range(1, 3 - (number == 2)), 0.5))
        )
    ladder.remember(replace(trial(3, bracket=1), values={1: 0.5, 2: 0.6, 3: 0.7}))
    assert [number in ladder.rung(0, 1) for number in range(4)] == [True, True, True, False]
    assert [3 in ladder.rung(1, 1), 3 in ladder.rung(1, 3)] == [False, True]
    assert ladder.rung(1, 3).key(3) == (-0.7, 3)


def test_who_had_ended_before_a_rung_is_not_waited_for_after_a_resume() -> None:
    ladder = hyperband(0)
    ladder.remember(replace(trial(0), status="running", values={1: 0.5}))
    ladder.remember(replace(trial(1), status="failed"))
    assert ladder.closed(0, 1, over=True)
    ladder.remember(replace(trial(2), status="running"))
    assert not ladder.closed(0, 1, over=True)


def test_a_remembered_control_stands_where_it_was_condemned_and_no_further() -> None:
    spared = RungDecision(3, keep=True, cutoff=0.9, standing=4, audited=True)
    last = RecordedReport(3, 3, 0.5, 1.0, 1, None, "continue", (spared,))
    ladder = Ladder(schedulers["asha"].build(27), Scoring())
    ladder.remember(replace(trial(0), reports={3: last}, values=dict.fromkeys(range(1, 10), 0.5)))
    ladder.remember(replace(trial(1), values=dict.fromkeys(range(1, 10), 0.5)))
    assert [0 in ladder.rung(0, rung) for rung in (1, 3, 9)] == [True, True, False]
    assert [1 in ladder.rung(0, rung) for rung in (1, 3, 9)] == [True, True, True]
    assert [ladder.controlled(number) for number in (0, 1)] == [True, False]


def test_the_brackets_do_not_know_each_other() -> None:
    """The second bracket begins at epoch 3, with 5 trials: none of the first one's is waited for there."""
    ladder = hyperband(1)
    for number in range(1, 6):
        ladder.enter(trial(number, bracket=1))
        ladder.arrive(number, 0, {3: 1.0})
    assert ladder.closed(1, 3, over=False)
    assert not ladder.closed(0, 1, over=True)


def test_a_rule_without_a_capacity_never_closes_a_rung() -> None:
    ladder = Ladder(schedulers["asha"].build(EPOCHS, kind="promotion"), Scoring())
    ladder.enter(trial(0))
    arrive(ladder, 1, [0])
    assert not ladder.closed(0, 1, over=True)


@pytest.mark.parametrize("maximize", [True, False])
def test_whom_another_objective_saves_goes_on_too_and_is_waited_for(maximize: bool) -> None:
    """Trial 0 has the worst value and the best attribute, so that nobody dominates it; 1 to 8 have equal ones."""
    sign = 1.0 if maximize else -1.0
    size = {number: sign * (5.0 if number == 0 else 1.0) for number in range(CAPACITY)}
    ladder = hyperband(CAPACITY, goals=[Goal("size", maximize=maximize)], size=size)
    arrive(ladder, 1, range(CAPACITY))
    assert set(ladder.rung(0, 1).front) == {0, 8}
    arrive(ladder, 3, [8, 7, 6])
    assert not ladder.closed(0, 3, over=False)
    arrive(ladder, 3, [0])
    assert ladder.closed(0, 3, over=False)


@pytest.mark.parametrize("maximize", [True, False])
def test_an_attribute_that_could_not_be_measured_is_the_worst(maximize: bool) -> None:
    """Not missing, not NaN: whoever has one dominates, at an equal value."""
    ladder = Ladder(
        schedulers["hyperband"].build(EPOCHS), Scoring(), goals=(Goal("size", maximize=maximize),)
    )
    ladder.enter(trial(0))
    ladder.enter(trial(1, size=math.nan))
    ladder.enter(trial(2, size=1.0))
    for number in range(3):
        ladder.arrive(number, 0, {1: 0.5})
    assert set(ladder.rung(0, 1).front) == {2}


def waiting(
    ladder: Ladder, rung: int, numbers: Iterable[int], **attributes: Mapping[int, float]
) -> Promotions:
    """Return who pauses at a rung: these trials, with their numbers as values."""
    made = Promotions(ladder)
    for number in numbers:
        measured = {name: values[number] for name, values in attributes.items()}
        made.follow(paused(number, rung, float(number), **measured))
    return made


def test_nobody_goes_on_from_an_open_rung_and_the_best_three_from_a_closed_one() -> None:
    ladder = hyperband(CAPACITY)
    arrive(ladder, 1, range(CAPACITY - 1))
    promotions = waiting(ladder, 1, range(CAPACITY - 1))
    assert promotions.next(over=False) is None
    assert promotions.losers(over=False, settled=False) == []
    arrive(ladder, 1, [8])
    assert promotions.goes_on(8, 1, over=False)
    went = [8]
    while (number := promotions.next(over=False)) is not None:
        went.append(number)
        promotions.follow(trial(number))
    assert went == [8, 7, 6]
    assert promotions.losers(over=False, settled=False) == [Loser(n, 1, 3, CAPACITY) for n in range(6)]


def test_where_a_scheduler_lets_nobody_pause_nobody_waits_for_a_place() -> None:
    """The study of a promotion that is gone on with by a rule that stops."""
    ladder = Ladder(schedulers["asha"].build(EPOCHS), Scoring())
    ladder.enter(trial(0))
    arrive(ladder, 1, [0])
    promotions = waiting(ladder, 1, [0])
    assert promotions.losers(over=True, settled=True) == []


def test_while_one_has_a_place_nobody_has_lost() -> None:
    ladder = hyperband(CAPACITY)
    arrive(ladder, 1, range(CAPACITY))
    promotions = waiting(ladder, 1, range(CAPACITY))
    assert promotions.losers(over=False, settled=False) == []
    assert len(promotions.losers(over=False, settled=True)) == CAPACITY


def test_a_bracket_that_will_not_be_full_closes_when_no_trial_will_begin() -> None:
    """6 of 9 began: ⌊6 / 3⌋ = 2 go on."""
    ladder = hyperband(6)
    arrive(ladder, 1, range(6))
    promotions = waiting(ladder, 1, range(5))
    assert not promotions.goes_on(5, 1, over=False)
    assert promotions.goes_on(5, 1, over=True)
    promotions.follow(paused(5, 1, 5.0))
    assert promotions.next(over=False) is None
    assert promotions.losers(over=True, settled=False) == [], "two have a place and have not gone yet"
    for expected in (5, 4):
        assert promotions.next(over=True) == expected
        promotions.follow(trial(expected))
    assert promotions.losers(over=False, settled=False) == []
    assert [loser.number for loser in promotions.losers(over=True, settled=False)] == [0, 1, 2, 3]


def test_of_the_front_the_best_goes_on_first_once_all_places_are_given() -> None:
    """Trials 0 and 1 have the worst values, and attributes that nobody else has: none dominates them."""
    size = {number: {0: 9.0, 1: 5.0}.get(number, 1.0) for number in range(CAPACITY)}
    ladder = hyperband(CAPACITY, goals=[Goal("size", maximize=True)], size=size)
    arrive(ladder, 1, range(CAPACITY))
    promotions = waiting(ladder, 1, range(CAPACITY), size=size)
    went = []
    while (number := promotions.next(over=False)) is not None:
        went.append(number)
        promotions.follow(trial(number))
    assert went == [8, 7, 6, 1, 0]
    assert [loser.number for loser in promotions.losers(over=False, settled=False)] == [2, 3, 4, 5]


def test_whoever_lost_at_the_lower_of_two_rungs_is_not_let_live_at_the_higher() -> None:
    """A report that passes both: where he is let live at the first one, he is of the control group at both."""
    ladder = Ladder(schedulers["asha"].build(EPOCHS, audit=0.5), Scoring())
    fates = set()
    for number in range(100):
        ladder.enter(trial(number))
        low, high = ladder.arrive(number, 0, {3: -float(number)})
        if number > 2:
            fates.add((ladder.spared(number, 1), low.audited, high.keep, high.audited))
            assert high.audited == ladder.spared(number, 1)
    assert fates == {(True, True, True, True), (False, False, False, False)}


def test_whoever_lost_at_the_higher_of_two_rungs_alone_is_drawn_there() -> None:
    ladder = Ladder(schedulers["asha"].build(EPOCHS, audit=0.5), Scoring())
    for number in range(300):
        ladder.enter(trial(number))
        if number < 3:
            ladder.arrive(number, 0, {3: 1.0})
        elif number < 200:
            ladder.arrive(number, 0, {1: 0.0})
    fates = set()
    for number in range(200, 260):
        low, high = ladder.arrive(number, 0, {3: 0.5 - number / 1000})
        assert (low.keep, low.audited) == (True, False)
        assert high.audited == ladder.spared(number, 3)
        fates.add(high.audited)
    assert fates == {True, False}


def test_who_is_let_live_is_drawn_from_seed_trial_and_rung() -> None:
    """Other draws at another seed and at another rung, the same again at the same; about half at `audit: 0.5`."""

    def drawn(seed: int, rung: int) -> list[bool]:
        ladder = Ladder(schedulers["asha"].build(EPOCHS, audit=0.5), Scoring(), seed=seed)
        return [ladder.spared(number, rung) for number in range(200)]

    assert drawn(0, 1) == drawn(0, 1)
    unnamed = Ladder(schedulers["asha"].build(EPOCHS, audit=0.5), Scoring())
    assert drawn(0, 1) == [unnamed.spared(number, 1) for number in range(200)]
    assert drawn(0, 1) != drawn(1, 1)
    assert drawn(0, 1) != drawn(0, 3)
    assert 60 < sum(drawn(0, 1)) < 140
