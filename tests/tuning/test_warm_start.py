"""A search that begins from others: what it takes from them, that it helps, and that it can be overcome."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.plan.domain import Choice, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.memory import PastSearch, PastTrial, remember
from search.runs.ranking import Scoring
from search.tuning.answers import Limits, Start
from search.tuning.proposals import MOST_PAST
from search.tuning.samplers import Task
from search.tuning.samplers.cube import Cube
from search.tuning.samplers.past import HALF, Past, first_points
from search.tuning.warm_start import CannotRecall, recall
from tests.inprocess import finished_run
from tests.tuning.simulation import SPACE, Simulation, accuracy, policy, report, study

BEST_RATE = -1.5
"""Logarithm of the learning rate at which `accuracy` is best."""


def searched(best: float = BEST_RATE, *, trials: int = 40, seed: int = 1, name: str = "past") -> PastSearch:
    """Return a past search at random whose best learning rate was 10 to the power of `best`."""
    rng = np.random.default_rng(seed)
    points = [SPACE.sample(rng) for _ in range(trials)]
    shift = 10 ** (BEST_RATE - best)
    found = []
    for point in points:
        moved = {**point, "learning_rate": float(point["learning_rate"] or 0) * shift}
        curve = tuple(accuracy(moved, epoch) for epoch in (1, 3, 9))
        found.append(PastTrial(point, (1 / 9, 1 / 3, 1.0), curve))
    return PastSearch(name, tuple(sorted(found, key=lambda trial: -trial.values[-1])))


def bests(past: tuple[PastSearch, ...], *, seed: int, trials: int, sampler: str = "auto") -> list[float]:
    """Return the best final accuracy after each trial of a search without early stopping."""
    made = policy(past=past, sampler=sampler, scheduler="none", budget=Limits(trials, 9), seed=seed)
    Simulation().run(made)
    finals = [known.values[9] for known in made.records]
    return list(np.maximum.accumulate(finals))


def test_a_good_past_makes_the_first_ten_trials_better() -> None:
    past = (searched(),)
    for seed in range(3):
        warm, cold = bests(past, seed=seed, trials=10), bests((), seed=seed, trials=10)
        assert warm[0] > cold[0]
        assert np.mean(warm) > np.mean(cold)
        assert warm[-1] >= cold[-1] - 0.005


def test_a_misleading_past_is_overcome() -> None:
    """It says that the worst learning rates are the best ones: 8 trials are lost, and no more than that."""
    past = (searched(best=-4.0, trials=60), searched(best=-3.8, trials=60, seed=2))
    misled = [bests(past, seed=seed, trials=60)[-1] for seed in range(3)]
    chance = [bests((), seed=seed, trials=60, sampler="random")[-1] for seed in range(3)]
    assert np.mean(misled) >= np.mean(chance)


def test_the_prior_fades() -> None:
    past = Past(Cube(SPACE), [searched()])
    weights = [past.weight(trials) for trials in range(200)]
    assert weights[0] == 1
    assert weights[HALF] == 0.5
    assert weights == sorted(weights, reverse=True)
    assert weights[-1] < 0.1


def test_what_the_past_expects_is_high_where_it_was_good() -> None:
    cube = Cube(SPACE)
    past = Past(cube, [searched(), searched(seed=2)])
    rng = np.random.default_rng(5)
    points = [SPACE.sample(rng) for _ in range(200)]
    mean = past.mean(np.array([cube.row(point) for point in points]))
    truth = np.array([accuracy(point, 9) for point in points])
    assert np.corrcoef(mean, truth)[0, 1] > 0.8
    drawn = [cube.point(past.draw(rng)) for _ in range(50)]
    assert np.mean([accuracy(point, 9) for point in drawn]) > np.quantile(truth, 0.75)


def test_a_search_of_a_single_trial_gives_a_first_point_and_no_model() -> None:
    one = PastSearch(
        "bundle", (PastTrial({"optimizer": "adam", "learning_rate": 0.03, "width": 32}, (1.0,), (0.0,)),)
    )
    assert Task(SPACE, (1, 3, 9), searches=(one,)).past is None
    assert Task(SPACE, (1, 3, 9), searches=(one, searched())).past is not None
    made = policy(past=(one,), sampler="auto", budget=Limits(3, 9))
    Simulation().run(made)
    assert made.record(0).origin == "past:0"
    assert made.record(0).point == one.trials[0].point
    assert [known.origin for known in made.records[1:]] == ["sampler", "sampler"]


def test_equal_values_of_a_past_search_say_nothing_and_break_nothing() -> None:
    flat = PastSearch("flat", tuple(PastTrial(t.point, (1.0,), (0.5,)) for t in searched(trials=8).trials))
    mean = Past(Cube(SPACE), [flat]).mean(Cube(SPACE).draw(np.random.default_rng(0), 50))
    assert np.isfinite(mean).all()


def test_the_best_of_each_search_come_first_in_turn_each_point_once() -> None:
    one, other = searched(trials=3), searched(trials=3, seed=2)
    best = first_points([one, other, one], 5)
    assert best == [
        one.trials[0].point,
        other.trials[0].point,
        one.trials[1].point,
        other.trials[1].point,
        one.trials[2].point,
    ]


def test_nothing_of_the_past_is_lost_at_a_restart(tmp_path: Path) -> None:
    """Cut after every epoch: the search that is rebuilt decides as the one that was not cut."""
    past = (searched(),)
    chosen: dict[str, Any] = {"past": past, "sampler": "auto", "budget": Limits(14, 9), "seed": 4}
    whole = policy(study(tmp_path / "whole"), **chosen)
    Simulation().run(whole)
    cut = 0
    while True:
        made = policy(study(tmp_path / "cut"), **chosen)
        answer = made.ask()
        if not isinstance(answer, Start):
            break
        epoch = int(answer.checkpoint or 0) + 1
        told = made.report(
            answer.number, report(epoch, accuracy(answer.config, epoch)), checkpoint=str(epoch)
        )
        if told.value != "continue":
            made.finish(answer.number, "stopped")
        cut += 1
    assert cut > 20
    assert [k.point for k in made.records] == [k.point for k in whole.records]
    assert [k.origin for k in made.records] == [k.origin for k in whole.records]
    assert [k.values for k in made.records] == [k.values for k in whole.records]
    assert [k.origin for k in whole.records[:8]] == [f"past:{n}" for n in range(8)]


names = st.sampled_from(["optimizer", "learning_rate", "momentum", "width", "depth"])
options: st.SearchStrategy[Value] = st.sampled_from(["sgd", "adam", "lamb", 1, True, 0.5])
domains = st.one_of(
    st.lists(options, min_size=1, max_size=4, unique_by=repr).map(lambda found: Choice(tuple(found))),
    st.tuples(st.floats(1e-3, 1), st.floats(1.5, 50)).map(lambda ends: Float(*ends)),
    st.tuples(st.integers(-3, 8), st.integers(9, 90)).map(lambda ends: Int(*ends)),
)
spaces = st.dictionaries(names, domains, min_size=1).map(
    lambda found: Space(tuple(Parameter(name, domain, {}) for name, domain in found.items()))
)


@given(old=spaces, seed=st.integers(0, 100))
@settings(deadline=None, max_examples=25)
def test_whatever_the_old_space_was_the_first_points_fit_the_new_one(old: Space, seed: int) -> None:
    rng = np.random.default_rng(seed)
    trials = tuple(PastTrial(old.sample(rng), (0.5, 1.0), (rng.random(), rng.random())) for _ in range(8))
    made = policy(past=(PastSearch("old", trials),), sampler="auto", budget=Limits(10, 1), seed=seed)
    Simulation().run(made)
    for known in made.records:
        assert SPACE.check(known.point) == []
    best, first = trials[0].point, made.record(0)
    if first.origin == "past:0":
        taken = [n for n in best if n in SPACE and not SPACE[n].when and SPACE[n].domain.contains(best[n])]
        assert all(first.point[name] == best[name] for name in taken)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return finished_run(tmp_path_factory.mktemp("finished"))


def test_a_run_is_recalled_best_first(finished: Path) -> None:
    (found,) = recall([finished, finished])
    assert found.name == finished.name
    assert len(found.trials) == 4
    assert all(math.isfinite(value) for trial in found.trials for value in trial.values)
    assert found.trials[0].shares[-1] == 1.0
    assert all(tuple(sorted(trial.shares)) == trial.shares for trial in found.trials)


def test_a_trial_s_folder_and_a_bundle_are_recalled_as_one_point(finished: Path, tmp_path: Path) -> None:
    folder = finished / "trials" / "0"
    config = json.loads((folder / "trial.json").read_text(encoding="utf-8"))["config"]
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    trial, bundle = recall([folder, tmp_path])
    assert trial.trials == bundle.trials
    assert trial.trials[0].point["learning_rate"] == 0.05


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("nothing", "", "the folder of a run"),
        ("config.json", "{", "a trial's configuration is expected"),
        ("config.json", "[1]", "a trial's configuration is expected"),
        ("trial.json", '{"config": {"format": 1}}', "a trial's configuration is expected"),
        ("plan.yaml", "name: [", "the run cannot be read"),
        (
            "plan.yaml",
            "data: digits\nspace: {learning_rate: 0.1}\n",
            "no trial of that run has finished an epoch",
        ),
    ],
)
def test_what_cannot_be_recalled_is_refused_in_a_sentence(
    name: str, content: str, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(CannotRecall, match=sentence):
        recall([tmp_path])


def test_remembered_is_what_the_policy_recorded() -> None:
    made = policy(scheduler="asha", budget=Limits(12, 9))
    Simulation().run(made)
    found = remember("s", made.records, scoring=Scoring(), epochs=9)
    assert len(found.trials) == 12
    assert (
        found.trials[0].point
        == max((k for k in made.records if k.status == "completed"), key=lambda k: k.values[9]).point
    )
    assert len(found.trials) > MOST_PAST
