"""The whole sampler: better than chance on curves whose best point is known, and never at a loss."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from optuna.trial import FrozenTrial, TrialState
from threadpoolctl import threadpool_info, threadpool_limits  # type: ignore[import-untyped]

from search.plan.domain import Choice, Domain, Fixed, Float, Int
from search.plan.objectives import Constraint, Goal
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.tuning.answers import Limits
from search.tuning.parts import samplers, schedulers
from search.tuning.policy import Policy
from search.tuning.samplers import Task
from search.tuning.samplers.acquisition import BELIEVED, Acquisition
from search.tuning.samplers.curve_gp import HYPERPARAMETERS, LEARN_FROM, CurveGPSampler, _kept
from search.tuning.samplers.curve_model import CurveModel, Data, initial
from search.tuning.samplers.observations import Observations, Reader
from tests.tuning.samplers.made import study_of, trial
from tests.tuning.simulation import SPACE, Simulation, policy, study

Curve = Callable[[Mapping[str, Any], int], float]

SCHEDULERS = {
    "none": schedulers["none"].build(9),
    "median": schedulers["median"].build(9, min_trials=3),
    "hyperband": schedulers["hyperband"].build(9),
    "stopping": schedulers["asha"].build(9),
    "promotion": schedulers["asha"].build(9, kind="promotion"),
}


def final(config: Mapping[str, Any]) -> float:
    """What a trial comes to: best with sgd at a rate of 0.03, a momentum of 0.9 and a width of 32."""
    level = 1 - 0.2 * abs(math.log10(config["learning_rate"]) + 1.5)
    level -= 0.1 * abs(math.log2(config["width"] / 32))
    return level - (0.5 * abs(config["momentum"] - 0.9) if config["optimizer"] == "sgd" else 0.1)


def rising(config: Mapping[str, Any], epoch: int) -> float:
    return final(config) - 0.5 / (epoch + 1)


def search(curve: Curve = rising, *, failures: bool = False, **settings: Any) -> Policy:
    """Run a search; with ``failures`` it goes on whatever fails."""
    made = policy(**{"sampler": "curve_gp", "workers": 2, **settings})
    if failures:
        made._endings.append("")
    Simulation().run(made, curve=curve)
    return made


def points(made: Policy) -> list[Mapping[str, Any]]:
    return [known.point for known in made.records if known.status != "rejected"]


def best_after(made: Policy, trials: int) -> float:
    return max(final(point) for point in points(made)[:trials])


def test_it_beats_random_search_with_any_seed() -> None:
    """36 trials, where the best value is 1 and the first 12 are random: late draws and the best one."""
    ours, theirs = [], []
    for seed in range(6):
        settings: dict[str, Any] = {"budget": Limits(36, 9), "scheduler": "asha", "seed": seed}
        ours.append(search(**settings))
        theirs.append(search(sampler="random", **settings))
    late = [
        [float(np.median([final(p) for p in points(made)[-18:]])) for made in of] for of in (ours, theirs)
    ]
    assert all(mine > other + 0.1 for mine, other in zip(*late, strict=True))
    gaps = [[1 - best_after(made, 36) for made in of] for of in (ours, theirs)]
    assert np.mean(gaps[0]) < 0.5 * np.mean(gaps[1])


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize("minimize", [False, True])
def test_it_learns_under_every_scheduler_and_in_both_directions(name: str, minimize: bool) -> None:
    def curve(config: Mapping[str, Any], epoch: int) -> float:
        return -rising(config, epoch) if minimize else rising(config, epoch)

    direction = "minimize" if minimize else "maximize"
    made = search(
        curve, of=study(direction=direction), scheduler=SCHEDULERS[name], budget=Limits(30, 9), workers=3
    )
    values = [final(point) for point in points(made)]
    assert np.median(values[-12:]) > np.median(values[:12]) + 0.1
    assert all(SPACE.check(point) == [] for point in points(made))


def small(domain: Domain) -> Space:
    return Space((Parameter("x", domain), Parameter("rest", Fixed("only"))))


ODD = {
    "one real number": small(Float(0.0, 1.0)),
    "one number in steps": small(Float(0.0, 1.0, step=0.05)),
    "one whole number": small(Int(1, 1000, log=True)),
    "one choice among many": small(Choice(range(40))),
    "a range whose sum of low and width is beyond its high": small(Float(0.07, 0.92)),
    "choices of one": Space(
        (Parameter("x", Float(0, 1)), Parameter("a", Choice(["b"])), Parameter("c", Int(2, 2)))
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_it_copes_with_a_single_parameter_of_any_kind(name: str) -> None:
    """Whose best value is the greatest: later draws are above the middle, each one a point of the space."""
    space = ODD[name]
    made = search(
        lambda config, epoch: float(config["x"]), space=space, budget=Limits(30, 3), scheduler="none"
    )
    tried = points(made)
    assert all(space.check(point) == [] for point in tried)
    assert len({repr(point) for point in tried}) == len(tried)
    if space["x"].domain.size() > 40:
        highest = max(float(str(point["x"])) for point in tried)
        assert highest == pytest.approx(space["x"].domain.high, rel=0.05)  # type: ignore[union-attr]


def test_a_space_of_three_points_is_tried_out() -> None:
    made = search(
        lambda config, epoch: float(config["x"]), space=small(Choice([1, 2, 3])), budget=Limits(9, 3)
    )
    assert sorted(str(point["x"]) for point in points(made)) == ["1", "2", "3"]


def test_a_finite_space_is_tried_out_by_the_model_too() -> None:
    """48 points: after 12 the model proposes, and the last ones are found although all candidates were tried."""
    space = Space((Parameter("a", Int(0, 11)), Parameter("b", Choice(["x", "y", "z", "w"]))))
    made = search(
        lambda config, epoch: float(config["a"]), space=space, budget=Limits(60, 2), scheduler="none"
    )
    assert len({repr(point) for point in points(made)}) == len(points(made)) == 48
    assert np.mean([float(str(point["a"])) for point in points(made)[12:24]]) > 8


def test_a_space_without_a_choice_needs_no_model() -> None:
    made = search(lambda config, epoch: 1.0, space=Space((Parameter("x", Fixed(1)),)), budget=Limits(3, 2))
    assert points(made) == [{"x": 1}]


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, -5e7])
def test_values_that_are_all_the_same_stop_nothing(value: float) -> None:
    made = search(lambda config, epoch: value, budget=Limits(24, 9), scheduler="none")
    assert len(made.records) == 24


def test_one_epoch_is_enough() -> None:
    made = search(budget=Limits(30, 1), workers=1)
    values = [final(point) for point in points(made)]
    assert np.median(values[-12:]) > np.median(values[:12]) + 0.1


def test_a_search_that_begins_with_failures_draws_at_random_until_there_are_values() -> None:
    """The first nine trials all fail (after ten the search would end); what comes after is learned from."""
    begun: set[str] = set()

    def curve(config: Mapping[str, Any], epoch: int) -> float:
        begun.add(repr(config))
        return rising(config, epoch) if len(begun) > 9 else math.nan

    made = search(curve, failures=True, budget=Limits(45, 9), workers=1, scheduler="none")
    assert [known.status for known in made.records[:9]] == ["failed"] * 9
    values = [final(point) for point in points(made)]
    assert np.median(values[-16:]) > np.median(values[:20]) + 0.1


@pytest.mark.parametrize("epoch", [1, 2, 4])
def test_what_diverges_is_left_also_when_it_looked_best_before(epoch: int) -> None:
    """Rates above 0.1 rise fastest and fail at that epoch: random draws lie there once in four."""

    def curve(config: Mapping[str, Any], at: int) -> float:
        rate = config["learning_rate"]
        return math.nan if rate > 0.1 and at >= epoch else 1 + 0.1 * math.log10(rate) - 0.5 / (at + 1)

    for seed in range(3):
        made = search(curve, failures=True, budget=Limits(40, 9), scheduler="none", seed=seed)
        rates = [float(str(point["learning_rate"])) for point in points(made)[-20:]]
        assert sum(rate > 0.1 for rate in rates) <= 4
        assert sum(0.01 < rate <= 0.1 for rate in rates) >= 10


def test_fewer_of_its_points_are_rejected_than_of_random_ones() -> None:
    """The best width lies far behind the bound, which allows one in six: what promises most is all rejected."""

    def rejected(sampler: str, seed: int) -> int:
        made = search(
            sampler=sampler,
            seed=seed,
            budget=Limits(30, 3),
            scheduler="none",
            measure=lambda point: {"parameters": float(str(point["width"]))},
            constraints=[Constraint("parameters", "<=", 12)],
        )
        return sum(known.status == "rejected" for known in made.records)

    ours, theirs = ([rejected(name, seed) for seed in range(4)] for name in ("curve_gp", "random"))
    assert sum(ours) < 0.6 * sum(theirs)


def test_of_two_goals_it_looks_for_trade_offs() -> None:
    """Accuracy grows with the width and so does the cost: of late draws few are beaten in both by others."""
    made = search(
        lambda config, epoch: rising({**config, "width": 32}, epoch) + 0.1 * math.log2(config["width"]),
        budget=Limits(40, 3),
        scheduler="none",
        measure=lambda point: {"flops": float(str(point["width"]))},
        goals=[Goal("flops")],
    )
    late = [final({**point, "width": 32}) for point in points(made)[-20:]]
    early = [final({**point, "width": 32}) for point in points(made)[:12]]
    assert np.median(late) > np.median(early) + 0.1
    widths = [float(str(point["width"])) for point in points(made)[-20:]]
    assert min(widths) < 16
    assert max(widths) > 32


def ended(count: int) -> list[FrozenTrial]:
    rng = np.random.default_rng(0)
    found = []
    for number in range(count):
        point = SPACE.sample(rng)
        epochs = (1, 3, 9) if number % 3 == 0 else (1,)
        state = TrialState.COMPLETE if number % 3 == 0 else TrialState.PRUNED
        values = {epoch: rising(point, epoch) for epoch in epochs}
        found.append(trial(SPACE, point, values, state=state, number=number))
    return found


def running(count: int, first: int) -> list[FrozenTrial]:
    rng = np.random.default_rng(1)
    return [trial(SPACE, SPACE.sample(rng), state=TrialState.RUNNING, number=first + n) for n in range(count)]


def test_the_work_of_an_ask_is_bounded_whatever_the_search_has_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 2,000 trials and 150 pending: the model's rows, what is learned from, and no trial decoded twice."""
    sizes: list[int] = []
    learned: list[int] = []
    decoded: list[int] = []
    condition, curve = CurveModel._condition, Reader._curve

    def count_rows(self: CurveModel, data: Data) -> None:
        sizes.append(len(data.y))
        condition(self, data)

    def count_decoded(self: Reader, values: Any) -> Any:
        decoded.append(1)
        return curve(self, values)

    def count_learned(data: Data, *_: Any, **__: Any) -> Any:
        learned.append(len(data.y))
        return initial(4)

    monkeypatch.setattr(CurveModel, "_condition", count_rows)
    monkeypatch.setattr(Reader, "_curve", count_decoded)
    monkeypatch.setattr("search.tuning.samplers.curve_gp.fitted", count_learned)
    of, task = study_of([*ended(2000), *running(150, 2000)]), Task(SPACE, (1, 3, 9))
    for seed in range(4):
        of.sampler = samplers["curve_gp"].build(seed, task, random_share=0.0)
        of.sampler.infer_relative_search_space(of, of.trials[-1])
    assert sizes == [200, 200 + BELIEVED] * 4
    assert learned == [LEARN_FROM] * 4
    assert len(decoded) == 2000 + 149, "each trial once, since none has changed"


def infer(trials: list[FrozenTrial], *, seed: int = 0, **settings: Any) -> CurveGPSampler:
    """Return a sampler that has chosen, for the last of the trials."""
    of = study_of([*trials, *running(1, len(trials))])
    made = samplers["curve_gp"].build(seed, Task(SPACE, (1, 3, 9)), **settings)
    assert isinstance(made, CurveGPSampler)
    made.infer_relative_search_space(of, of.trials[-1])
    return made


def test_the_model_is_asked_from_its_first_trials_on_and_a_share_stays_random() -> None:
    assert infer(ended(11), random_share=0.0)._point == {}
    assert SPACE.check(infer(ended(12), random_share=0.0)._point) == []
    assert infer(ended(12), random_share=1.0)._point == {}
    random = sum(not infer(ended(12), seed=seed, random_share=0.3)._point for seed in range(60))
    assert 9 <= random <= 28  # 18 expected, 2.5 standard deviations


def test_trials_without_values_do_not_count_among_the_first() -> None:
    failed = [
        trial(SPACE, known.params, state=TrialState.FAIL, number=n) for n, known in enumerate(ended(30))
    ]
    assert infer(failed, random_share=0.0)._point == {}
    assert infer([*failed, *ended(12)], random_share=0.0)._point


def test_hyperparameters_are_handed_on_through_the_study(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest that are kept are where the next ask begins, and they come back from JSON as they were."""
    made = search(budget=Limits(20, 9), scheduler="none", workers=1)
    trials = made._roster.study.trials
    kept = [found.system_attrs[HYPERPARAMETERS] for found in trials if HYPERPARAMETERS in found.system_attrs]
    assert len(kept) >= 5
    assert all(json.loads(json.dumps(each)) == np.round(each, 4).tolist() for each in kept)
    assert all(first != second for first, second in pairwise(kept))
    np.testing.assert_array_equal(_kept(trials, 4), kept[-1])
    np.testing.assert_array_equal(_kept(trials, 5), initial(5))
    np.testing.assert_array_equal(_kept([], 4), initial(4))
    starts: list[Any] = []

    def note(data: Data, choices: Any, start: Any, *, steps: int) -> Any:
        starts.append(start)
        return initial(4)

    monkeypatch.setattr("search.tuning.samplers.curve_gp.fitted", note)
    of = made._roster.study
    of.add_trial(running(1, 20)[0])
    sampler = samplers["curve_gp"].build(0, Task(SPACE, (1, 3, 9)), random_share=0.0)
    sampler.infer_relative_search_space(of, of.trials[-1])
    np.testing.assert_array_equal(starts, [kept[-1]])


def test_the_model_leaves_the_cores_to_the_workers_and_the_threads_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """numpy's BLAS and scipy's would take all cores, which the workers use already."""
    during: list[set[int]] = []

    def note(*_: Any, **__: Any) -> Any:
        during.append(blas_threads())
        return initial(4)

    monkeypatch.setattr("search.tuning.samplers.curve_gp.fitted", note)
    with threadpool_limits(2, user_api="blas"):
        infer(ended(20), random_share=0.0)
        assert blas_threads() == {2}
    assert during == [{1}]


def blas_threads() -> set[int]:
    """Return how many threads the process's BLAS libraries take, of which numpy and scipy may have one each."""
    return {int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas"}


def test_where_all_candidates_were_tried_the_draw_is_random(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Acquisition, "best", lambda self: None)
    assert infer(ended(20), random_share=0.0)._point == {}


def test_the_trial_that_is_drawn_for_is_not_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """With plain Optuna it stands in the study already, as one that runs."""
    of = study_of([*ended(20), *running(1, 20)])
    task, seen = Task(SPACE, (1, 3, 9)), []
    read = task.reader.read

    def count(trials: Sequence[FrozenTrial]) -> Observations:
        seen.append(len(trials))
        return read(trials)

    monkeypatch.setattr(task.reader, "read", count)
    samplers["curve_gp"].build(0, task, random_share=0.0).infer_relative_search_space(of, of.trials[-1])
    assert seen == [20]
