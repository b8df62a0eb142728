"""Which trainings a confirmation takes, against the paper's figures and against a plain loop."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.winner.confirmation.rejects import cost, phases
from search.winner.confirmation.schedule import CHOICE, TEST, PlannedTraining, Schedule


def test_the_lengths_of_the_phases_are_the_papers() -> None:
    """K = 5, n = 25: log̅ = 1/2 + 1/2 + 1/3 + 1/4 + 1/5, and n_k = ⌈20 / (log̅ (6 - k))⌉ for k from 1 to 4."""
    logs = 0.5 + 1 / 2 + 1 / 3 + 1 / 4 + 1 / 5
    assert phases(5, 25) == tuple(math.ceil(20 / (logs * left)) for left in (5, 4, 3, 2))
    assert phases(1, 5) == ()


@given(st.integers(1, 30), st.integers(0, 300))
def test_phases_grow_and_cost_no_more_than_is_allowed(candidates: int, more: int) -> None:
    lengths = phases(candidates, candidates + more)
    assert list(lengths) == sorted(lengths)
    assert len(lengths) == candidates - 1
    assert cost(lengths) <= candidates + more
    alive, trained, spent = candidates, 0, 0
    for length in lengths:
        spent += alive * (length - trained)
        alive, trained = alive - 1, length
    assert cost(lengths) == spent


def test_fewer_trainings_than_candidates_are_refused() -> None:
    with pytest.raises(ValueError, match="5 candidates need at least 5 trainings, but got 4"):
        phases(5, 4)


def played(schedule: Schedule, truth: dict[int, float], *, at_once: int) -> list[PlannedTraining]:
    """Train what is due, so many at once, with a score that is the candidate's true one and a little of the seed."""
    done: dict[PlannedTraining, float | None] = {}
    order = []
    while due := schedule.due(done):
        for training in due[:at_once]:
            done[training] = truth[training.candidate] + 1e-6 * (training.seed % 97)
            order.append(training)
    return order


@given(st.integers(1, 7), st.integers(0, 40), st.integers(1, 9), st.integers(0, 2**31))
def test_the_best_candidate_wins_however_many_train_at_once(
    count: int, more: int, at_once: int, seed: int
) -> None:
    numbers = tuple(range(10, 10 + count))
    schedule = Schedule(numbers, phases(count, count + more), 3, 9, seed)
    truth = {number: 0.9 - 0.01 * (number - 10) for number in numbers}
    order = played(schedule, truth, at_once=at_once)
    tests = [training for training in order if training.part == TEST]
    assert {training.candidate for training in tests} == {10}
    assert len(tests) == 3
    assert len(order) == cost(schedule.phases) + 3
    assert len(set(order)) == len(order), "nothing is trained twice"
    done = {training: truth[training.candidate] for training in order}
    assert schedule.winner(done) == 10
    assert schedule.dropped(done) == list(reversed(numbers[1:]))


def test_no_seed_of_the_choice_is_one_of_the_final_trainings_nor_the_searchs_own() -> None:
    for seed in range(50):
        schedule = Schedule((0,), (), 5, 9, seed)
        chosen, final = schedule.seeds(CHOICE, 20), schedule.seeds(TEST, 20)
        assert not {*chosen} & {*final}
        assert seed not in {*chosen, *final}
        assert schedule.seeds(CHOICE, 5) == chosen[:5], "a larger confirmation reuses a smaller one"


def test_who_fails_leaves_before_who_is_weak() -> None:
    schedule = Schedule((4, 7), (2,), 1, 9, 0)
    first, second = schedule.seeds(CHOICE, 2)
    done: dict[PlannedTraining, float | None] = {
        PlannedTraining(4, first, CHOICE, 9): 0.99,
        PlannedTraining(4, second, CHOICE, 9): None,
        PlannedTraining(7, first, CHOICE, 9): 0.5,
        PlannedTraining(7, second, CHOICE, 9): 0.5,
    }
    assert schedule.winner(done) == 7


def test_a_lower_loss_wins() -> None:
    schedule = Schedule((4, 7), (1,), 1, 9, 0, maximize=False)
    (seed,) = schedule.seeds(CHOICE, 1)
    assert (
        schedule.winner({PlannedTraining(4, seed, CHOICE, 9): 0.5, PlannedTraining(7, seed, CHOICE, 9): 0.2})
        == 7
    )


@given(st.integers(0, 10**6), st.integers(0, 2**31), st.sampled_from([CHOICE, TEST]))
def test_a_training_is_found_by_its_name(candidate: int, seed: int, part: str) -> None:
    training = PlannedTraining(candidate, seed, part, 9)
    assert PlannedTraining.named(training.name) == training


@pytest.mark.parametrize(
    "name",
    ["", "choice", "choice-1", "choice-1-2", "choice-1-2-3-4", "other-1-2-3", "test-a-2-3", "test--2-3"],
)
def test_no_other_name_is_a_training(name: str) -> None:
    assert PlannedTraining.named(name) is None


def test_the_first_phase_trains_every_candidate_alike() -> None:
    schedule = Schedule((1, 2, 3), phases(3, 12), 2, 9, 0)
    assert set(Counter(one.candidate for one in schedule.due({})).values()) == {schedule.phases[0]}
    assert np.unique([one.seed for one in schedule.due({})]).size == schedule.phases[0]


def test_a_training_on_another_schedule_is_another_training() -> None:
    schedule = Schedule((4, 7), (1,), 1, 9, 0)
    (seed,) = schedule.seeds(CHOICE, 1)
    shorter = {PlannedTraining(number, seed, CHOICE, 5): 0.5 for number in (4, 7)}
    assert schedule.winner(shorter) is None
    assert [one.epochs for one in schedule.due(shorter)] == [9, 9]
