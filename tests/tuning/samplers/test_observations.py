"""What is read of a study: the same whether at once or piece by piece, each finished trial once."""

from __future__ import annotations

import copy
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState

from search.plan.domain import Choice, Float
from search.plan.objectives import Goal
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.journal import Journal
from search.runs.ranking import Scoring
from search.runs.record import POINT
from search.tuning.samplers.cube import Cube
from search.tuning.samplers.observations import MOST_LEVELS, Observations, Reader, few
from tests.tuning.samplers.made import trial

SPACE = Space(
    (
        Parameter("kind", Choice(["a", "b"])),
        Parameter("x", Float(0.0, 1.0), {"kind": ("a",)}),
    )
)
GOALS = (Goal("flops"), Goal("depth", maximize=True))
LEVELS = (1, 3, 9)


def reader(scoring: Scoring | None = None, levels: tuple[int, ...] = LEVELS) -> Reader:
    return Reader(Cube(SPACE), levels, scoring or Scoring(), GOALS)


def read(*trials: FrozenTrial, **settings: Any) -> Observations:
    return reader(**settings).read(trials)


def curve(values: dict[int, float], **settings: Any) -> list[tuple[float, float]]:
    """Return (epoch, value) as read of one trial."""
    found = read(trial(SPACE, {"kind": "b"}, values, state=TrialState.RUNNING), **settings)
    return list(zip(found.epoch.tolist(), found.value.tolist(), strict=True))


def same(left: Observations, right: Observations) -> None:
    for field in fields(Observations):
        np.testing.assert_array_equal(getattr(left, field.name), getattr(right, field.name), field.name)
        assert getattr(left, field.name).dtype == getattr(right, field.name).dtype


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["new", "report", "report", "report", "end", "read"]),
        st.integers(0, 30),
        st.floats(-2, 2) | st.just(math.nan),
    ),
    max_size=60,
)
ENDS = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)


@given(EVENTS, st.builds(Scoring, st.booleans(), st.booleans()))
def test_to_read_again_and_again_is_to_read_from_scratch(
    events: list[tuple[str, int, float]], scoring: Scoring
) -> None:
    """After any interleaving of new trials, reports, ends and reads; a trial never changes after its end."""
    trials: list[FrozenTrial] = []
    known = reader(scoring)
    for event, pick, value in events:
        running = [t for t in trials if not t.state.is_finished()]
        if event == "new":
            point: dict[str, Value] = {"kind": "a", "x": pick / 30} if pick % 2 else {"kind": "b"}
            trials.append(trial(SPACE, point, state=TrialState.RUNNING, number=len(trials)))
        elif event == "read":
            same(known.read(trials), reader(scoring).read(trials))
        elif running:
            chosen = copy.copy(running[pick % len(running)])  # as Optuna's storages do
            if event == "report":
                step = max(chosen.intermediate_values, default=0) + 1
                chosen.intermediate_values = {**chosen.intermediate_values, step: value}
            else:
                chosen.state = ENDS[pick % 3]
            trials[chosen.number] = chosen
    same(known.read(trials), reader(scoring).read(trials))


def test_a_trial_is_decoded_again_only_when_it_has_changed_and_its_point_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With 2,000 trials an ask looks each one up, but decodes only those that have changed."""
    rows: Counter[float] = Counter()
    curves: Counter[str] = Counter()
    row, scores = Cube.row, Reader._curve

    def count_row(self: Cube, point: Any) -> Any:
        rows[point["x"]] += 1
        return row(self, point)

    def count_curve(self: Reader, values: Any) -> Any:
        curves["read"] += 1
        return scores(self, values)

    monkeypatch.setattr(Cube, "row", count_row)
    monkeypatch.setattr(Reader, "_curve", count_curve)
    ended = [
        trial(SPACE, {"kind": "a", "x": n / 2000}, {1: n / 2000}, number=n, state=TrialState.PRUNED)
        for n in range(2000)
    ]
    running = trial(SPACE, {"kind": "a", "x": 1.0}, {1: 0.5}, number=2000, state=TrialState.RUNNING)
    known = reader()
    for _ in range(5):
        known.read([*ended, running])
        known.read([*ended, running := copy.copy(running)])
    assert set(rows.values()) == {1}
    assert curves["read"] == 2000 + 1 + 5


@pytest.mark.parametrize("storage", ["memory", "journal", "rdb"])
def test_a_storage_replaces_a_trial_that_changes(storage: str, tmp_path: Path) -> None:
    """What `Reader.read` stands on: Optuna changes no trial in place that it has handed out."""
    made: dict[str, Callable[[], BaseStorage]] = {
        "memory": InMemoryStorage,
        "journal": lambda: JournalStorage(Journal(tmp_path / "journal")),
        "rdb": lambda: RDBStorage(f"sqlite:///{tmp_path / 'study.db'}"),
    }
    study = optuna.create_study(storage=made[storage]())
    shown = []
    study.add_trial(trial(SPACE, {"kind": "b"}, state=TrialState.RUNNING))
    for change in (
        lambda: study._storage.set_trial_intermediate_value(shown[0]._trial_id, 1, 0.5),
        lambda: study._storage.set_trial_system_attr(shown[0]._trial_id, "key", 1),
        lambda: study._storage.set_trial_state_values(shown[0]._trial_id, TrialState.WAITING),
        lambda: study._storage.set_trial_state_values(shown[0]._trial_id, TrialState.RUNNING),
        lambda: study._storage.set_trial_state_values(shown[0]._trial_id, TrialState.COMPLETE, [0.5]),
    ):
        shown.append(study.get_trials(deepcopy=False)[0])
        change()
    shown.append(study.get_trials(deepcopy=False)[0])
    assert len({id(seen) for seen in shown}) == len(shown)
    assert [len(seen.intermediate_values) for seen in shown] == [0, 1, 1, 1, 1, 1]


def test_every_trial_has_one_part() -> None:
    """Running and waiting ones are pending, failed ones failed; pruned without a value is rejected."""
    states = {
        TrialState.RUNNING: {1: 0.1},
        TrialState.WAITING: {},
        TrialState.FAIL: {1: 0.1},
        TrialState.PRUNED: {},
        TrialState.COMPLETE: {9: 0.1},
    }
    trials = [
        trial(SPACE, {"kind": "b"}, values, state=state, number=n)
        for n, (state, values) in enumerate(states.items())
    ]
    found = read(*trials, trial(SPACE, {"kind": "b"}, {1: 0.3}, state=TrialState.PRUNED, number=5))
    assert found.pending.tolist() == [0, 1]
    assert found.failed.tolist() == [2]
    assert found.rejected.tolist() == [3]
    assert found.trial.tolist() == [0, 2, 4, 5]


def test_points_have_a_row_each_in_the_order_of_the_trials() -> None:
    found = read(
        trial(SPACE, {"kind": "b"}, number=0, state=TrialState.RUNNING),
        trial(SPACE, {"kind": "a", "x": 0.25}, number=1, state=TrialState.RUNNING),
    )
    np.testing.assert_array_equal(found.points, [[0.75, math.nan], [0.25, 0.25]])
    assert read().points.shape == (0, 2)


def test_a_choice_of_1_is_not_that_of_true() -> None:
    """Optuna's journal makes the one of the other; the point that we record beside it is exact."""
    space = Space((Parameter("c", Choice([True, 1])),))
    cube = Cube(space)
    for value in (True, 1):
        misread = trial(space, {"c": True}, notes={POINT: {"c": value}}, state=TrialState.RUNNING)
        found = Reader(cube, LEVELS, Scoring()).read([misread])
        np.testing.assert_array_equal(found.points, [cube.row({"c": value})])


def test_a_curve_is_seen_at_its_levels_and_at_its_end() -> None:
    assert curve({1: 0.1, 2: 0.4, 3: 0.3, 4: 0.2, 5: 0.6}) == [(1, 0.1), (3, 0.3), (5, 0.6)]
    assert curve({2: 0.4, 4: 0.2}) == [(2, 0.4), (4, 0.2)], "the first report from a level on"
    assert curve({}) == []


def test_with_the_best_epoch_each_level_has_the_best_up_to_there() -> None:
    best = Scoring(at_best=True)
    assert curve({1: 0.1, 2: 0.4, 3: 0.3, 9: 0.2}, scoring=best) == [(1, 0.1), (3, 0.4), (9, 0.4)]
    least = Scoring(maximize=False, at_best=True)
    assert curve({1: 3.0, 2: 1.0, 3: 2.0}, scoring=least) == [(1, -3.0), (3, -1.0)]


def test_what_is_minimized_is_turned_round() -> None:
    assert curve({1: 0.1, 3: 0.4}, scoring=Scoring(maximize=False)) == [(1, -0.1), (3, -0.4)]


def test_values_that_are_no_numbers_are_left_out() -> None:
    assert curve({1: 0.1, 2: math.nan, 3: math.inf}) == [(1, 0.1)]
    assert curve({1: math.nan, 2: -math.inf}) == []


def test_attributes_are_turned_so_that_more_is_better_and_unknown_ones_are_nan() -> None:
    running: Any = {"state": TrialState.RUNNING}
    found = read(
        trial(SPACE, {"kind": "b"}, attributes={"flops": 7.0, "depth": 3.0, "other": 1.0}, **running),
        trial(SPACE, {"kind": "b"}, attributes={"flops": math.nan}, **running),
    )
    np.testing.assert_array_equal(found.attributes, [[-7.0, 3.0], [math.nan, math.nan]])


@given(st.integers(1, 10**6), st.data())
def test_few_levels_are_few_increase_and_end_at_the_horizon(horizon: int, data: st.DataObject) -> None:
    levels = sorted(data.draw(st.sets(st.integers(1, horizon), max_size=40)) | {horizon})
    found = few(levels)
    assert 1 <= len(found) <= MOST_LEVELS
    assert list(found) == sorted(set(found))
    assert found[-1] == horizon
    assert found[0] >= 1
    if 1 < len(levels) <= MOST_LEVELS:
        assert list(found) == levels


def test_a_rung_at_each_epoch_becomes_the_horizon_and_its_thirds() -> None:
    assert few(range(1, 28)) == (1, 3, 9, 27)
    assert few((27,)) == (1, 3, 9, 27)
    assert few((1,)) == (1,)
    assert few(range(1, 1000)) == (12, 37, 111, 333, 999)
