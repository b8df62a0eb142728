"""Importances: held against Optuna on a study that is made directly, and against closed forms."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from search.plan.plan import Plan, load_plan
from search.runs.importance import Importance, Round, compared, fanova, ped_anova
from search.runs.layout import RunLayout
from search.runs.record import Copied, Status, TrialRecord
from search.runs.run import Run

PLAN = """\
name: small
data: {name: digits}
objective: {metric: val/accuracy, mode: max}
budget: {trials: 4, epochs: 9}
space:
  optimizer: [sgd, adam]
  learning_rate: {low: 0.0001, high: 1.0, log: true}
  momentum: {low: 0.5, high: 0.9, when: {optimizer: [sgd]}}
  dropout: {low: 0.0, high: 0.5}
  width: 32
"""


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    layout = RunLayout(tmp_path / "small")
    layout.root.mkdir()
    layout.plan.write_text(PLAN, encoding="utf-8")
    return load_plan(layout.plan)


def trial(
    number: int,
    point: Mapping[str, object],
    values: Mapping[int, float],
    *,
    status: Status = "completed",
    copied: Copied | None = None,
) -> TrialRecord:
    return TrialRecord(number, status, point, {}, (), values=values, copied=copied)  # type: ignore[arg-type]


def run_of(plan: Plan, records: Sequence[TrialRecord], folder: Path) -> Run:
    return Run(RunLayout(folder), plan, records)


def drawn(plan: Plan, count: int) -> list[TrialRecord]:
    """Return trials drawn at random that reach epoch 3, and in which the learning rate decides."""
    rng = np.random.default_rng(0)
    points = [plan.space.sample(rng) for _ in range(count)]
    best = [-abs(np.log10(float(point["learning_rate"])) + 2) for point in points]  # type: ignore[arg-type]
    return [
        trial(n, point, {1: 0.1, 3: value}) for n, (point, value) in enumerate(zip(points, best, strict=True))
    ]


def test_ped_anova_is_optuna_s_on_the_same_trials_also_with_conditional_parameters(
    plan: Plan, tmp_path: Path
) -> None:
    records = drawn(plan, 200)
    study = optuna.create_study(direction="maximize")
    kinds = {
        "optimizer": optuna.distributions.CategoricalDistribution(["sgd", "adam"]),
        "learning_rate": optuna.distributions.FloatDistribution(0.0001, 1.0, log=True),
        "momentum": optuna.distributions.FloatDistribution(0.5, 0.9),
        "dropout": optuna.distributions.FloatDistribution(0.0, 0.5),
    }
    for known in records:
        used = {name: value for name, value in known.point.items() if name in kinds}
        distributions = {name: kinds[name] for name in used}
        study.add_trial(optuna.create_trial(params=used, distributions=distributions, value=known.values[3]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())
    found = ped_anova(run_of(plan, records, tmp_path), 3)
    assert found is not None
    assert found.shares == pytest.approx(expected)
    assert next(iter(found.shares)) == "learning_rate"
    assert (found.epoch, found.trials) == (3, 200)


def test_lower_is_better_where_the_objective_says_so(plan: Plan, tmp_path: Path) -> None:
    records = drawn(plan, 100)
    mirrored = [trial(r.number, r.point, {step: -value for step, value in r.values.items()}) for r in records]
    text = PLAN.replace("mode: max", "mode: min").replace("val/accuracy", "val/loss")
    path = tmp_path / "min.yaml"
    path.write_text(text, encoding="utf-8")
    one = ped_anova(run_of(plan, records, tmp_path), 3)
    other = ped_anova(run_of(load_plan(path), mirrored, tmp_path), 3)
    assert one is not None
    assert other is not None
    assert one.shares == pytest.approx(other.shares)


def test_only_trials_with_a_value_at_the_epoch_are_compared(plan: Plan, tmp_path: Path) -> None:
    """A stopped trial's last value at epoch 1 must not stand beside values of epoch 3."""
    point = {"optimizer": "adam", "learning_rate": 0.1, "dropout": 0.1}
    records = [
        trial(0, point, {1: 0.5, 3: 0.9}),
        trial(1, point, {1: 0.5}, status="stopped"),
        trial(2, point, {1: 0.5, 3: float("nan")}, status="failed"),
        trial(3, point, {1: 0.5, 3: 0.8}, copied=Copied("old", 27, aside=True)),
        trial(4, point, {1: 0.5, 3: 0.8}, copied=Copied("old", 9)),
    ]
    assert [known.number for known in compared(run_of(plan, records, tmp_path), 3)] == [0, 4]


def test_of_few_trials_nothing_is_said(plan: Plan, tmp_path: Path) -> None:
    assert ped_anova(run_of(plan, drawn(plan, 9), tmp_path), 3) is None
    assert ped_anova(run_of(plan, drawn(plan, 20), tmp_path), 2) is None
    with pytest.raises(ValueError, match="at least 10 trials with a value at epoch 3, but 9 have one"):
        next(fanova(run_of(plan, drawn(plan, 9), tmp_path), 3))


def test_a_few_good_trials_are_compared_even_of_few(plan: Plan, tmp_path: Path) -> None:
    found = ped_anova(run_of(plan, drawn(plan, 20), tmp_path), 3)
    assert found is not None
    assert found.note.startswith("It compares the best 5 with all 20.")


def test_a_value_that_is_no_longer_in_the_space_is_left_out(plan: Plan, tmp_path: Path) -> None:
    records = [
        trial(r.number, {**r.point, "dropout": 0.9}, r.values) if r.number % 2 else r for r in drawn(plan, 60)
    ]
    found = ped_anova(run_of(plan, records, tmp_path), 3)
    assert found is not None
    assert found.trials == 60


def last(rounds: Sequence[Round]) -> Importance:
    return rounds[-1].importance


def test_fanova_finds_the_shares_of_a_function_on_a_grid(plan: Plan, tmp_path: Path) -> None:
    """f = 3 x + y with x, y even on [-1, 1] has the variances 3 and 1/3: shares 0.9 and 0.1, by hand.

    ``x`` is the logarithm of the learning rate: on its own scale it would be another function.
    """
    grid = itertools.product(np.linspace(-1, 1, 20), np.linspace(-1, 1, 15))
    records = [
        trial(
            n,
            {"optimizer": "adam", "learning_rate": 10 ** (-2 + 2 * x), "dropout": 0.25 + 0.25 * y},
            {3: 3 * x + y},
        )
        for n, (x, y) in enumerate(grid)
    ]
    rounds = list(fanova(run_of(plan, records, tmp_path), 3, rounds=3, trees=8))
    assert [one.number for one in rounds] == [1, 2, 3]
    found = last(rounds)
    assert found.shares["learning_rate"] == pytest.approx(0.9, abs=0.03)
    assert found.shares["dropout"] == pytest.approx(0.1, abs=0.03)
    assert found.trials == 300
    assert all(error < 0.02 for error in rounds[-1].errors.values())


def test_fanova_looks_at_no_more_trials_than_it_may_and_says_so(plan: Plan, tmp_path: Path) -> None:
    run = run_of(plan, drawn(plan, 60), tmp_path)
    found = last(list(fanova(run, 3, trials=25, rounds=1, trees=2)))
    assert found.trials == 25
    assert found.note == "25 of 60 trials, drawn at random."
    assert "momentum" not in found.shares, "not every trial uses it"
    assert found == last(list(fanova(run, 3, trials=25, rounds=1, trees=2))), "the same seed, the same answer"
