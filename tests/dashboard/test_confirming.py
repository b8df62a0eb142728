"""A confirmation under way: what it would cost, and who is still in, against the schedule that decides it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare import confirming
from dashboard.prepare.confirming import Wanted
from search.runs.run import Run
from search.winner.confirmation.rejects import phases
from search.winner.confirmation.schedule import CHOICE, TEST, PlannedTraining, Schedule
from tests.dashboard.confirmations import SCHEDULE, confirming_run
from tests.dashboard.records import curve, run


def searched(folder: Path, trials: int) -> Run:
    """Return a run of trials, the first one best, each of nine epochs of a second."""
    return run(folder, [curve(number, [0.9 - number / 100] * 9) for number in range(trials)])


def trained(schedule: Schedule) -> int:
    """Return how many trainings a schedule takes, by following it to its end."""
    scores: dict[PlannedTraining, float | None] = {}
    while due := schedule.due(scores):
        scores |= {training: -float(training.candidate) for training in due}
    return len(scores)


@pytest.mark.parametrize(
    ("trials", "wanted"), [(4, Wanted()), (9, Wanted(5, 3)), (3, Wanted(3, 4, 5)), (1, Wanted(1, 2))]
)
def test_the_cost_is_what_the_schedule_trains(tmp_path: Path, trials: int, wanted: Wanted) -> None:
    cost = confirming.cost(searched(tmp_path, trials), wanted)
    candidates = min(trials, wanted.top)
    lengths = phases(candidates, wanted.budget or wanted.top * wanted.seeds)
    expected = trained(Schedule(tuple(range(candidates)), lengths, wanted.seeds, 9, 0))
    assert cost.candidates == candidates
    assert cost.before + cost.after == expected
    assert cost.hours == pytest.approx(9 * expected / 3600)


def test_fewer_trainings_than_candidates_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="3 candidates need at least 3 trainings"):
        confirming.cost(searched(tmp_path, 3), Wanted(3, 5, 2))


def test_trials_that_were_stopped_early_are_no_candidates(tmp_path: Path) -> None:
    made = run(tmp_path, [curve(0, [0.9] * 9), curve(1, [0.99] * 3, status="stopped")])
    assert [trial.number for trial in confirming.able(made)] == [0]


def test_what_is_asked_for_is_what_the_verb_is_told() -> None:
    assert Wanted(3, 4).words == ["--top", "3", "--seeds", "4"]
    assert Wanted(3, 4, 20).words == ["--top", "3", "--seeds", "4", "--budget", "20"]


def test_nothing_is_done_at_the_beginning(tmp_path: Path) -> None:
    stands = confirming.standing(confirming_run(tmp_path, {}))
    assert (stands.done, stands.planned, stands.share) == (0, SCHEDULE.trainings, 0.0)
    assert stands.columns["trial"] == [7, 3, 5]
    assert set(stands.columns["stands"]) == {"still in"}


def test_who_left_and_who_is_still_in_follows_the_schedule(tmp_path: Path) -> None:
    first, second = SCHEDULE.seeds(CHOICE, 2)
    values = {PlannedTraining(number, first, CHOICE, 9): [number / 10] * 9 for number in (7, 3, 5)}
    values[PlannedTraining(7, second, CHOICE, 9)] = [0.7] * 3
    stands = confirming.standing(confirming_run(tmp_path, values))
    assert stands.done == 3
    assert stands.columns["stands"] == ["still in", "left in round 1", "still in"]
    assert stands.columns["trained"] == [1, 1, 1]
    assert stands.columns["training"] == [1, 0, 0]
    assert stands.columns["again"][0] == pytest.approx(0.7)
    assert stands.share == pytest.approx((3 + 3 / 9) / SCHEDULE.trainings)


def test_the_winner_is_told_while_its_last_models_train(tmp_path: Path) -> None:
    first, second = SCHEDULE.seeds(CHOICE, 2)
    values = {PlannedTraining(number, first, CHOICE, 9): [number / 10] * 9 for number in (7, 3, 5)}
    values |= {PlannedTraining(number, second, CHOICE, 9): [number / 10] * 9 for number in (7, 5)}
    values[PlannedTraining(7, SCHEDULE.seeds(TEST, 1)[0], TEST, 9)] = [0.7] * 9
    stands = confirming.standing(confirming_run(tmp_path, values))
    assert stands.columns["stands"] == ["winner", "left in round 1", "left in round 2"]


def test_without_a_schedule_what_is_there_is_counted(tmp_path: Path) -> None:
    stands = confirming.standing(
        confirming_run(tmp_path, {PlannedTraining(4, 1, CHOICE, 9): [0.5] * 9}, schedule=None)
    )
    assert (stands.done, stands.planned, stands.share) == (1, None, 0.0)
    assert stands.columns["trial"] == [4]


@given(text=st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_a_damaged_schedule_is_none(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("schedule") / "schedule.json"
    path.write_text(text, encoding="utf-8", errors="replace")
    assert confirming.read_schedule(path) is None


def test_a_schedule_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "schedule.json"
    path.write_text(json.dumps(SCHEDULE.to_json()))
    assert confirming.read_schedule(path) == SCHEDULE
    path.write_text(json.dumps({**SCHEDULE.to_json(), "phases": [1]}))
    assert confirming.read_schedule(path) is None
