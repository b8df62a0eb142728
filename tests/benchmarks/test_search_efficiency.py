"""The benchmark of search efficiency: its clock, its statistics, its contenders and its file of results."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks.efficiency import bootstrap, tables
from benchmarks.efficiency.clock import Job, Outcome, Simulation, simulate
from benchmarks.efficiency.contenders import BASELINES, OURS, WARM, build, installed
from benchmarks.efficiency.digits import CURVES, Digits
from benchmarks.efficiency.grid import searches
from benchmarks.efficiency.problems import TASKS, load
from benchmarks.efficiency.results import Result, Search, append, missing, read
from benchmarks.efficiency.warm_start import past_of
from search.plan.domain import Choice, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.memory import PastSearch, PastTrial, write_memory


class Hill:
    """A problem in closed form: the value of x after e epochs is 1 - (x - 0.7)² - 1 / (e + 1)."""

    name = "hill"
    horizon = 9
    space = Space(
        (
            Parameter("x", Float(0.0, 1.0), {}),
            Parameter("n", Int(1, 8, log=True), {}),
            Parameter("kind", Choice(("plain", "fancy")), {}),
            Parameter("rate", Float(1e-3, 1.0, log=True), {"kind": ("fancy",)}),
        )
    )

    def curve(self, point: Mapping[str, Value]) -> NDArray[np.float64]:
        return 1 - (float(str(point["x"])) - 0.7) ** 2 - 1 / (np.arange(1, self.horizon + 1) + 1)

    def regret(self, point: Mapping[str, Value]) -> float:
        return 100 * (float(str(point["x"])) - 0.7) ** 2


class FlatHill(Hill):
    """The same without conditions, which Syne Tune has not."""

    space = Space(tuple(p for p in Hill.space.parameters if p.name != "rate"))


class Script:
    """Trials with x = 0.1, 0.2, …; those that are named in ``lengths`` end after so many epochs."""

    def __init__(self, lengths: Mapping[int, int], *, trials: int = 100) -> None:
        self.lengths, self.trials, self.asked = lengths, trials, 0
        self.log: list[tuple[int, int]] = []

    def ask(self) -> Job | None:
        if self.asked == self.trials:
            return None
        self.asked += 1
        return Job(self.asked - 1, {"x": self.asked / 10})

    def report(self, trial: int, epoch: int, value: float) -> bool:
        self.log.append((trial, epoch))
        return epoch < self.lengths.get(trial, Hill.horizon)


# --- the clock ---------------------------------------------------------------------------------------------------


def test_a_worker_twice_as_fast_reports_twice_as_often() -> None:
    """Speeds 1 and 0.5: reports at 1, 2 (both; the first worker first), 3, 4 (both)."""
    script = Script({})
    Simulation(script, Hill(), speeds=[1.0, 0.5]).run_to(6)
    assert script.log == [(0, 1), (0, 2), (1, 1), (0, 3), (0, 4), (1, 2)]


def test_a_free_worker_begins_at_once_and_the_budget_counts_the_epochs_of_all() -> None:
    """Trial 0 ends after one epoch at time 1; worker 0 begins trial 2 there, which reports at 2."""
    script = Script({0: 1})
    simulation = Simulation(script, Hill(), speeds=[1.0, 0.8])
    simulation.run_to(4)  # times 1 (0), 1.25 (1), 2 (2), 2.5 (1)
    assert script.log == [(0, 1), (1, 1), (2, 1), (1, 2)]
    assert simulation.spent == 4
    assert simulation.suggestions == 3


def test_a_full_training_ends_by_itself_and_a_search_with_nothing_left_to_do_ends() -> None:
    script = Script({}, trials=2)
    outcome = simulate(script, Hill(), workers=1, trainings=[1, 5], seed=0)
    assert script.log == [(trial, epoch) for trial in (0, 1) for epoch in range(1, 10)]
    assert outcome.suggestions == 2
    assert outcome.regrets == pytest.approx((36.0, 25.0))


def test_the_chosen_point_has_the_best_last_report_however_long_it_was_trained() -> None:
    """After one epoch x = 0.2 (0.25) beats x = 0.1; fully trained x = 0.1 (0.54) beats it again."""
    simulation = Simulation(Script({}), Hill(), speeds=[1.0, 0.01])
    assert simulation.run_to(0) == 100.0  # nothing is known
    simulation.run_to(9)
    assert simulation._regret() == pytest.approx(36.0)
    short = Simulation(Script({0: 1, 1: 1}, trials=2), Hill(), speeds=[1.0])
    assert short.run_to(2) == pytest.approx(25.0)


class Barrier:
    """Two trials of one epoch; a third may begin only when both have reported."""

    def __init__(self) -> None:
        self.begun, self.reported = 0, 0

    def ask(self) -> Job | None:
        if (self.begun == 2 and self.reported < 2) or self.begun == 4:
            return None
        self.begun += 1
        return Job(self.begun - 1, {"x": 0.5})

    def report(self, trial: int, epoch: int, value: float) -> bool:
        self.reported += 1
        return False


def test_a_worker_that_found_nothing_asks_again_once_another_has_got_something() -> None:
    simulation = Simulation(Barrier(), Hill(), speeds=[1.0, 0.5])
    simulation.run_to(100)
    assert simulation.spent == 4


# --- the contenders ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [OURS, *BASELINES])
def test_a_contender_asks_inside_the_space_and_ends_at_the_horizon(name: str) -> None:
    if not installed(name):
        pytest.skip("Syne Tune is not installed")
    problem = FlatHill() if name == "syne_cqr" else Hill()
    strategy = build(name, problem, workers=2, seed=3)
    job = strategy.ask()
    assert job is not None
    goes_on = True
    for epoch in range(1, problem.horizon + 1):
        assert goes_on, "the first trial has nobody to be worse than"
        goes_on = strategy.report(job.trial, epoch, float(problem.curve(job.point)[epoch - 1]))
    assert not goes_on
    for _ in range(12):
        job = strategy.ask()
        assert job is not None
        assert problem.space.check(job.point) == []
        curve = problem.curve(job.point)
        assert not all(strategy.report(job.trial, e + 1, float(value)) for e, value in enumerate(curve))


@pytest.mark.parametrize("name", [OURS, *BASELINES])
def test_a_search_with_the_same_seed_comes_to_the_same(name: str) -> None:
    if not installed(name):
        pytest.skip("Syne Tune is not installed")
    problem = FlatHill() if name == "syne_cqr" else Hill()

    def regrets(seed: int) -> tuple[float, ...]:
        strategy = build(name, problem, workers=3, seed=seed)
        return simulate(strategy, problem, workers=3, trainings=range(1, 7), seed=seed).regrets

    assert regrets(1) == regrets(1)
    assert regrets(1) != regrets(2)


def test_stock_tells_optuna_what_ray_tells_it() -> None:
    """Ray's ASHA stops at rung 1; OptunaSearch then records COMPLETE and not even the report of that epoch."""
    strategy = build("stock", Hill(), workers=1, seed=0)
    for value in [0.9, 0.1]:
        job = strategy.ask()
        assert job is not None
        goes_on = strategy.report(job.trial, 1, value)
        assert goes_on == (value == 0.9)
    trials = strategy._searcher._ot_study.trials  # type: ignore[attr-defined]
    assert [trial.state.name for trial in trials] == ["RUNNING", "COMPLETE"]
    assert [trial.intermediate_values for trial in trials] == [{1: 0.9}, {}]


def test_a_warm_start_knows_the_searches_on_the_other_tasks_alone(tmp_path: Path) -> None:
    for task in ("1", "2", "3"):
        write_memory(tmp_path / f"{task}.json", [PastSearch(task, (PastTrial({"x": 0.7}, (1.0,), (1.0,)),))])
    assert [search.name for search in past_of("2", ["1", "2", "3"], tmp_path)] == ["1", "3"]


# --- recorded curves ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("metric", "sign"), [("accuracy", 1), ("loss", -1)])
def test_the_forest_follows_the_recorded_curves(metric: str, sign: int) -> None:
    """It has learned from them: rows, epochs and signs are not mixed up; how well it predicts is not shown here."""
    digits = Digits(metric)
    arrays = np.load(CURVES, allow_pickle=False)
    points = [json.loads(str(text)) for text in arrays["configurations"][::10]]
    predicted = np.array([digits.curve(point) for point in points])
    recorded = sign * arrays[metric][::10]
    assert predicted.shape == recorded.shape
    for epoch in (2, 26):
        assert spearmanr(predicted[:, epoch], recorded[:, epoch])[0] > 0.9
    drawn = [digits.regret(digits.space.sample(np.random.default_rng(n))) for n in range(60)]
    assert min(drawn) >= -5
    assert 50 < np.median(drawn) < 200


# --- the statistics ----------------------------------------------------------------------------------------------


def test_the_bootstrap_of_one_group_is_that_of_a_mean() -> None:
    """The means of n resampled values have their mean and the variance σ² / n."""
    values = np.array([1.0, 2.0, 6.0, 7.0])
    means = bootstrap.weights(["a"] * 4, resamples=20_000) @ values
    assert means.mean() == pytest.approx(4.0, abs=0.05)
    assert means.var() == pytest.approx(values.var() / 4, rel=0.05)


def test_the_bootstrap_draws_groups_then_members() -> None:
    """Members that agree within their group leave the variance of group means: (0, 0, 3, 3, 3, 3) in 2 groups."""
    groups, values = ["a", "a", "b", "b", "b", "b"], np.array([0.0, 0, 3, 3, 3, 3])
    drawn = bootstrap.weights(groups, resamples=20_000)
    assert drawn.sum(axis=1) == pytest.approx(np.ones(20_000))
    shares = [float((np.abs(drawn @ values - wanted) < 1e-9).mean()) for wanted in (0.0, 1.5, 3.0)]
    assert shares == pytest.approx([0.25, 0.5, 0.25], abs=0.02)
    assert bootstrap.mean(groups, values[:, None]) == pytest.approx([1.5])


def test_the_interval_is_that_of_the_quantiles() -> None:
    low, high = bootstrap.interval(np.arange(1001.0), share=0.9)
    assert (low, high) == pytest.approx((50, 950))


@pytest.mark.parametrize(
    ("target", "trainings"), [(9.0, 1.0), (8.0, 1.0), (7.0, 1.5), (6.0, 2.0), (3.0, 3.5), (1.0, math.inf)]
)
def test_trainings_needed_lie_on_the_line_between_two_points(target: float, trainings: float) -> None:
    curve = np.array([8.0, 6.0, 4.0, 2.0])
    assert bootstrap.needed(curve, target) == pytest.approx(trainings)


# --- files and tables --------------------------------------------------------------------------------------------


def result(contender: str, task: str, seed: int, *regrets: float) -> Result:
    return Result(Search(contender, task, 4, seed), Outcome(regrets, 10, 0.2, 0.3))


def test_a_finished_search_is_read_back_and_not_missing_any_more(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    first = result("stock", "1", 0, 3.0, 2.0)
    append(path, first)
    with path.open("a", encoding="utf-8") as file:
        file.write('{"contender": "stock", "problem"')  # cut off
    done = read([path, tmp_path / "none.jsonl"])
    assert done == {first.search: first}
    wanted = searches(["stock"], ["1", "2"], workers=[4], seeds=range(2))
    assert missing(wanted, done, 2) == [s for s in wanted if s != first.search]
    assert missing(wanted, done, 3) == wanted


def test_searches_go_seed_by_seed() -> None:
    wanted = searches(["a", "b"], ["1"], workers=[4, 16], seeds=[0, 1])
    assert [s.seed for s in wanted] == [0] * 4 + [1] * 4


def test_the_tables_say_what_the_searches_came_to() -> None:
    """Two tasks, one seed: ours ends 10 lower, reaches the other's mean end of 20 half-way to the second training."""
    ours = [result(OURS, "1", 0, 30.0, 10.0), result(OURS, "2", 0, 30.0, 10.0)]
    other = [result("stock", "1", 0, 40.0, 20.0), result("stock", "2", 0, 40.0, 20.0)]
    said = tables.report({r.search: r for r in [*ours, *other]}, [1, 2])
    assert "## LCBench, 4 workers" in said
    assert f"| {OURS} | 2 (2) | 30.0 [30.0, 30.0] | 10.0 [10.0, 10.0] | 0.0200 |" in said
    row = "| stock | 2 | -10.0 [-10.0, -10.0] | -10.0 [-10.0, -10.0] | 1.5 [1.5, 1.5] | 2, 0, 0 |"
    assert row in said


def test_a_warm_start_is_compared_with_the_same_searches_without() -> None:
    done = [
        result(OURS, "1", 0, 30.0, 20.0, 10.0),
        result(WARM, "1", 0, 15.0, 5.0),
        result(OURS, "1", 1, 9.0, 9.0),
    ]
    said = tables.report({r.search: r for r in done}, [1, 2, 3])
    assert "1 pairs" in said
    assert "| 1 | 30.0 | 15.0 | 0.50 [0.50, 0.50] |" in said
    assert "| 2 | 20.0 | 5.0 | 0.25 [0.25, 0.25] |" in said


def test_lcbench_gives_curves_of_the_whole_horizon() -> None:
    """The surrogate lies outside the repository; its space and its shapes are what the clock needs."""
    pytest.importorskip("onnxruntime")
    from benchmarks.efficiency.lcbench import HORIZON  # noqa: PLC0415

    folder = Path(os.environ.get("WINNOW_LCBENCH", Path(__file__).parents[3] / "shared" / "lcbench"))
    if not folder.is_dir():
        pytest.skip("LCBench's surrogate is not here")
    task = load(next(iter(TASKS)), folder)
    point = task.space.sample(np.random.default_rng(0))
    assert task.curve(point).shape == (HORIZON,)
    assert 0 <= task.regret(point) < 1000
