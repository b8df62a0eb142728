"""What a suggestion costs as a search grows: CPU seconds of single asks, and of a thousand at once on a journal."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage
from optuna.trial import FrozenTrial

from benchmarks.efficiency.clock import Simulation
from benchmarks.efficiency.problem import Problem
from benchmarks.efficiency.winnow import Winnow
from search.runs.journal import Journal
from search.tuning.policy import Policy

SIZES = (100, 1_000, 10_000)
ASKS = 20
AT_ONCE = 1_000
ROOMY = 100_000
"""Workers: nobody is told to wait."""


@dataclass(frozen=True)
class Asks:
    """What asks cost at a number of finished trials.

    Args:
        trials: finished before the first ask.
        first: CPU seconds of the first ask, which reads them all.
        median: CPU seconds of the asks after it.
        cpu: CPU seconds of all asks.
        wall: seconds of all asks.
        count: how many there were.
    """

    trials: int
    first: float
    median: float
    cpu: float
    wall: float
    count: int


def finished_trials(problem: Problem, count: int, *, seed: int = 0) -> list[FrozenTrial]:
    """Return trials as the Policy records them: random points, stopped by the scheduler that ships."""
    study = _study(InMemoryStorage())
    winnow = Winnow(problem, workers=1, seed=seed, sampler="random", study=study)
    simulation = Simulation(winnow, problem, speeds=[1.0])
    while simulation.suggestions <= count:
        simulation.run_to(simulation.spent + problem.horizon)
    return [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()][:count]


def measure(problem: Problem, trials: Sequence[FrozenTrial], storage: BaseStorage, *, asks: int) -> Asks:
    """Return what asks cost a Policy, with the defaults that ship, that is built on finished trials.

    None of the asked trials reports before the last ask: they are all pending.
    """
    study = _study(storage)
    for trial in trials:
        study.add_trial(trial)
    policy = Winnow(problem, workers=ROOMY, seed=0, study=study).policy
    wall = time.perf_counter()
    each = [_ask(policy) for _ in range(asks)]
    return Asks(
        len(trials), each[0], statistics.median(each[1:]), sum(each), time.perf_counter() - wall, asks
    )


def report(problem: Problem, *, sizes: Sequence[int] = SIZES, at_once: int = AT_ONCE) -> Iterator[str]:
    """Return the rows of a table: single asks at each size, and many at once on a journal, fsync included.

    Args:
        problem: whose points and curves fill the study.
        sizes: finished trials.
        at_once: simultaneous asks, at as many finished trials.
    """
    trials = finished_trials(problem, max(*sizes, at_once))
    yield "| finished trials | record | asks | first, CPU s | median, CPU s | all, CPU s | all, wall s |"
    yield "|---|---|---|---|---|---|---|"
    for size in sizes:
        yield _row("memory", measure(problem, trials[:size], InMemoryStorage(), asks=ASKS))
    with tempfile.TemporaryDirectory() as folder:
        journal = JournalStorage(Journal(Path(folder) / "journal.jsonl"))
        yield _row("journal", measure(problem, trials[:at_once], journal, asks=at_once))


def _study(storage: BaseStorage) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna.create_study(storage=storage, direction="maximize")


def _ask(policy: Policy) -> float:
    began = time.process_time()
    policy.ask()
    return time.process_time() - began


def _row(record: str, asks: Asks) -> str:
    figures = (asks.first, asks.median, asks.cpu, asks.wall)
    said = " | ".join(f"{figure:.4f}" for figure in figures)
    return f"| {asks.trials:,} | {record} | {asks.count:,} | {said} |"
