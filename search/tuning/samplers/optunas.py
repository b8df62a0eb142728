"""Optuna's own samplers by name, as they come: what they make of stopped trials is theirs.

Left out: CmaEsSampler unpickles what stands in a study's attributes, so that a foreign journal would be code; the
grid and brute-force samplers want to decide the search's end.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from optuna.exceptions import ExperimentalWarning
from optuna.samplers import (
    BaseSampler,
    GPSampler,
    NSGAIIISampler,
    NSGAIISampler,
    QMCSampler,
    RandomSampler,
    TPESampler,
)

from search.plan.registry import Range
from search.tuning.samplers import Task, samplers


@contextmanager
def _quietly() -> Iterator[None]:
    """Make a sampler without Optuna's remark that it, or an argument of it, is experimental."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        yield


@samplers.register("tpe")
def tpe(
    seed: int,
    task: Task,
    *,
    first: Annotated[int, Range(0, doc="random trials at first")] = 10,
    candidates: Annotated[int, Range(1, doc="points among which the estimator picks")] = 24,
) -> BaseSampler:
    """Optuna's tree-structured Parzen estimator, multivariate and grouped; running trials repel."""
    with _quietly():
        return TPESampler(
            n_startup_trials=first,
            n_ei_candidates=candidates,
            multivariate=True,
            group=True,
            constant_liar=True,
            seed=seed,
        )


@samplers.register("gp")
def gp(
    seed: int, task: Task, *, first: Annotated[int, Range(0, doc="random trials at first")] = 10
) -> BaseSampler:
    """Optuna's Gaussian process over the trials that were trained to the end; slow beyond a few hundred."""
    with _quietly():
        return GPSampler(n_startup_trials=first, seed=seed)


@samplers.register("qmc")
def qmc(seed: int, task: Task) -> BaseSampler:
    """Optuna's scrambled Sobol sequence: random draws that spread evenly."""
    with _quietly():
        return QMCSampler(
            scramble=True,
            seed=task.seed,  # one sequence for the whole search
            independent_sampler=RandomSampler(seed=seed),  # by itself it would repeat one draw at each ask
            warn_asynchronous_seeding=False,
            warn_independent_sampling=False,
        )


@samplers.register("nsga2")
def nsga2(
    seed: int, task: Task, *, population: Annotated[int, Range(2, doc="trials of a generation")] = 50
) -> BaseSampler:
    """Optuna's genetic algorithm NSGA-II."""
    return NSGAIISampler(population_size=population, seed=seed)


@samplers.register("nsga3")
def nsga3(
    seed: int, task: Task, *, population: Annotated[int, Range(2, doc="trials of a generation")] = 50
) -> BaseSampler:
    """Optuna's genetic algorithm NSGA-III."""
    with _quietly():
        return NSGAIIISampler(population_size=population, seed=seed)
