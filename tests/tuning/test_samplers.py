"""Every registered sampler keeps the contract: it is an Optuna sampler, seeded, and draws inside the space."""

from __future__ import annotations

import pytest
from optuna.samplers import BaseSampler

from search.plan.domain import Float
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.tuning.samplers import Task, samplers
from tests.tuning.simulation import SPACE, Simulation, policy, study


@pytest.fixture(params=samplers.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_says_what_it_is(name: str) -> None:
    assert samplers[name].summary
    assert isinstance(samplers[name].build(0, Task(SPACE, (1, 3, 9))), BaseSampler)


def test_it_draws_inside_the_space_branch_by_branch(name: str) -> None:
    made = policy(sampler=name, scheduler="asha", workers=3)
    Simulation().run(made)
    for record in made.records:
        assert SPACE.check(record.point) == []


def test_the_same_seed_gives_the_same_search_and_another_seed_another(name: str) -> None:
    def points(seed: int) -> list[object]:
        made = policy(sampler=name, scheduler="asha", seed=seed)
        Simulation().run(made)
        return [record.point for record in made.records]

    assert points(1) == points(1)
    assert points(1) != points(2)


def test_it_works_with_plain_optuna_too(name: str) -> None:
    of = study()
    of.sampler = samplers[name].build(3, Task(Space((Parameter("x", Float(0.0, 1.0), {}),)), (1, 3)))
    for _ in range(20):
        trial = of.ask()
        x = trial.suggest_float("x", 0, 1)
        trial.report(x, 1)
        trial.report(x, 3)
        of.tell(trial, x)
    assert all(0 <= trial.params["x"] <= 1 for trial in of.trials)


def test_diverged_trials_drive_the_model_away() -> None:
    """Everything above 0.1 fails: fewer of the later draws lie there than random ones would (a quarter)."""
    made = policy(sampler="auto", scheduler="asha", budget=_limits(60), workers=2)

    def curve(config: dict[str, float], epoch: int) -> float:
        return float("nan") if config["learning_rate"] > 0.1 else 0.5 + 0.001 * epoch + 0.01 * config["width"]

    # Never five failures at first: the search would end; the start recipe is sound.
    made._endings.append("")
    Simulation().run(made, curve=curve)
    late = [record.point["learning_rate"] for record in made.records[-24:]]
    assert sum(rate > 0.1 for rate in late) <= 4  # type: ignore[operator,misc]


def _limits(trials: int) -> object:
    from search.tuning.answers import Limits  # noqa: PLC0415

    return Limits(trials, 9)
