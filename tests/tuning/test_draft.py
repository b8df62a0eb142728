"""Samplers draw for a trial that is not there yet as they would for one that is: the oracle is Optuna's own `ask`."""

from __future__ import annotations

import copy
import inspect
import re
import sys
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial, TrialState

from search.plan.domain import Choice, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.runs import record
from search.tuning.answers import Limits
from search.tuning.distributions import distribution
from search.tuning.draft import DRAFT_ID, Draft, DraftStudy
from search.tuning.parts import samplers
from search.tuning.samplers import Task
from tests.tuning.samplers.made import study_of, trial
from tests.tuning.simulation import SPACE, Simulation, policy, study

SETTINGS: dict[str, dict[str, Any]] = {"nsga2": {"population": 4}, "nsga3": {"population": 4}}
FLAT = Space((Parameter("x", Float(0.0, 1.0)), Parameter("n", Int(1, 64, log=True))))


@pytest.fixture(params=samplers.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def build(name: str, seed: int, space: Space = SPACE) -> BaseSampler:
    return samplers[name].build(seed, Task(space, (1, 3, 9), seed=7), **SETTINGS.get(name, {}))


def past(count: int, space: Space = SPACE) -> list[FrozenTrial]:
    """Completed, stopped, failed and running trials, the last two rarely."""
    rng = np.random.default_rng(0)
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.COMPLETE, TrialState.COMPLETE]
    states += [TrialState.FAIL, TrialState.RUNNING]
    made = []
    for number in range(count):
        state = states[number % 6]
        epochs = (1, 3) if state in (TrialState.PRUNED, TrialState.RUNNING) else (1, 3, 9)
        values = {} if state == TrialState.FAIL else {epoch: rng.random() for epoch in epochs}
        made.append(trial(space, space.sample(rng), values, state=state, number=number))
    return made


def drawn(of: optuna.Study, sampler: BaseSampler, space: Space = SPACE) -> tuple[dict[str, Any], Draft]:
    draft = Draft(of, len(of.trials), sampler)
    return space.walk(draft.value), draft


def asked(of: optuna.Study, sampler: BaseSampler, space: Space = SPACE) -> tuple[dict[str, Any], FrozenTrial]:
    of.sampler = sampler
    new = of.ask()
    point = space.walk(lambda name, domain: new._suggest(name, distribution(domain)))
    return point, of.trials[new.number]


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
@pytest.mark.parametrize("count", [0, 1, 18])
def test_a_draft_gets_what_optunas_own_ask_gives(name: str, count: int) -> None:
    """The same seed and study: the same values in all branches, and the same notes in the trial."""
    for seed in range(2):
        point, draft = drawn(study_of(past(count)), build(name, seed))
        expected, entered = asked(study_of(past(count)), build(name, seed))
        assert point == expected
        assert draft.notes == entered.system_attrs


def test_a_draft_leaves_the_study_without_a_trial_more(name: str) -> None:
    of = study_of(past(18))
    before = copy.deepcopy(of.trials)
    drawn(of, build(name, 0))
    assert of.trials == before


def test_a_draft_sees_the_study_as_it_is_now(name: str) -> None:
    """Optuna keeps a list of the trials in the study that only its own `ask` forgets."""
    of = study_of(past(12))
    of._get_trials(use_cache=True)
    drawn(of, build(name, 0))
    of.add_trials(past(18)[12:])
    now = study_of(past(18))
    drawn(now, build(name, 0))  # QMC counts its draws in the study
    assert drawn(of, build(name, 0))[0] == drawn(now, build(name, 0))[0]


def test_a_new_draft_forgets_the_list_of_trials_that_optuna_keeps() -> None:
    """Ours enter through the storage, where no `ask` comes by."""
    of = study_of(past(2))
    assert len(of._get_trials(deepcopy=False, use_cache=True)) == 2
    of._storage.create_new_trial(of._study_id, past(3)[2])
    assert len(of._get_trials(deepcopy=False, use_cache=True)) == 2
    assert len(DraftStudy(of, 3)._get_trials(deepcopy=False, use_cache=True)) == 3


def test_what_a_sampler_writes_ends_in_the_trials_one_record() -> None:
    """NSGA-II's generation is read again from the study: generations advance, and each has its population."""
    of = study()
    Simulation().run(
        policy(
            of,
            sampler=lambda seed, task: samplers["nsga2"].build(seed, task, population=4),
            scheduler="none",
            budget=Limits(14, 2),
        )
    )
    key = optuna.samplers.NSGAIISampler._get_generation_key()
    generations = [found.system_attrs[key] for found in of.trials]
    assert generations == sorted(generations)
    assert generations == [0] * 4 + [1] * 4 + [2] * 4 + [3] * 2


@pytest.mark.parametrize("scheduler", ["none", "asha"])
def test_qmc_goes_on_in_its_sequence_at_each_ask(scheduler: str) -> None:
    """From the second completed trial on: scrambled Sobol points of the run's seed, each once."""
    of = study()
    made = policy(of, space=FLAT, sampler="qmc", scheduler=scheduler, budget=Limits(24, 9), seed=5)
    Simulation().run(made, curve=lambda config, epoch: config["x"])
    xs = [float(str(known.point["x"])) for known in made.records]
    assert len(set(xs)) == 24
    # 23 points of a Sobol sequence: no eighth of the range is left out, as of random ones often is.
    assert len({int(8 * x) for x in xs[1:]}) == 8


def test_qmc_draws_anew_what_the_first_completed_trial_had_not() -> None:
    """The joint space is that of the first completed trial; momentum is none of adam's."""
    space = Space(
        (
            Parameter("optimizer", Choice(["adam", "sgd"])),
            Parameter("rate", Float(0.0, 1.0)),
            Parameter("momentum", Float(0.0, 1.0), {"optimizer": ("sgd",)}),
        )
    )
    of = study_of([trial(space, {"optimizer": "adam", "rate": 0.5}, {9: 0.1})])
    points = [drawn(of, build("qmc", seed, space), space)[0] for seed in range(24)]
    momenta = [point["momentum"] for point in points if "momentum" in point]
    assert len(momenta) > 6
    assert len(set(momenta)) == len(momenta)


def test_the_draft_is_told_apart_from_the_trials_of_the_storage() -> None:
    of = study_of(past(6))
    view = DraftStudy(of, 6)
    view._storage.set_trial_system_attr(DRAFT_ID, "a", [1])
    assert view.notes == {"a": [1]}
    assert view._storage.get_trial_system_attrs(DRAFT_ID) == {"a": [1]}
    assert view._storage.get_trial(DRAFT_ID).number == 6
    first = of.trials[0]._trial_id
    assert view._storage.get_trial(first) == of.trials[0]
    assert view._storage.get_trial_system_attrs(first) == of.trials[0].system_attrs
    with pytest.raises(AssertionError):
        view._storage.set_trial_system_attr(first, "a", 1)
    assert "a" not in of.trials[0].system_attrs
    view._storage.get_trial_system_attrs(DRAFT_ID)["b"] = 2
    assert view.notes == {"a": [1]}


def test_notes_stand_in_the_trial_beside_what_is_ours() -> None:
    of = study()
    made = policy(of, sampler="curve_gp", budget=Limits(20, 9), scheduler="none")
    Simulation().run(made)
    kept = [found for found in of.trials if "winnow:model" in found.system_attrs]
    assert kept
    for found in kept:
        assert len(found.system_attrs["winnow:model"]) == len(made._entrance._space.names()) + 6
        assert record.POINT in found.system_attrs


def test_no_sampler_unpickles_what_stands_in_a_study(name: str) -> None:
    """A journal of another's would be code: no module of a registered sampler's classes reads a pickle."""
    sampler = build(name, 0)
    parts = [sampler, *(part for part in vars(sampler).values() if isinstance(part, BaseSampler))]
    modules = {sys.modules[each.__module__] for part in parts for each in type(part).__mro__[:-1]}
    assert any(
        module.__name__.startswith(("optuna.samplers", "search.tuning.samplers")) for module in modules
    )
    for module in modules:
        assert not re.search(r"pickle|marshal|\beval\(|\bexec\(", inspect.getsource(module)), module
