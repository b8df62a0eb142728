"""N asynchronous workers on a simulated clock: what a strategy has found after how many trainings.

The measure is that of `shared/lcbench/README.md`: each worker has a speed of its own, drawn from 0.9 to 1.1; the
chosen point at any moment is the one with the best last reported value, the same rule for every strategy; the budget
counts epochs, whoever trains them.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.efficiency.problem import Problem
from search.plan.trial_config import Value

SLOWEST, FASTEST = 0.9, 1.1
"""Epochs per unit of time of the workers, drawn uniformly between."""

NOTHING_FOUND = 100.0
"""Regret × 100 before the first report: that of a median random point."""


@dataclass(frozen=True)
class Job:
    """Train a point on from an epoch (0: from the start)."""

    trial: int
    point: Mapping[str, Value]
    epoch: int = 0


class Strategy(Protocol):
    """A search that is driven by plain calls."""

    def ask(self) -> Job | None:
        """Return what a free worker does next; None: nothing now."""

    def report(self, trial: int, epoch: int, value: float) -> bool:
        """Take the value of an epoch (1 to the horizon, larger is better); return whether the trial goes on."""


@dataclass(frozen=True)
class Outcome:
    """What a search came to.

    Args:
        regrets: regret × 100 of the chosen point after each number of trainings.
        suggestions: new points that were asked for.
        ask_seconds: CPU seconds of the asks for them.
        seconds: CPU seconds of all calls, reports included.
    """

    regrets: tuple[float, ...]
    suggestions: int
    ask_seconds: float
    seconds: float


def simulate(
    strategy: Strategy, problem: Problem, *, workers: int, trainings: Sequence[int], seed: int
) -> Outcome:
    """Run a strategy until the last of ``trainings`` is spent.

    Args:
        strategy: any.
        problem: what it searches.
        workers: at once.
        trainings: increasing numbers of full trainings (horizons) after which to look at the chosen point.
        seed: of the workers' speeds.
    """
    speeds = np.random.default_rng(seed).uniform(SLOWEST, FASTEST, workers)
    simulation = Simulation(strategy, problem, speeds=[float(speed) for speed in speeds])
    regrets = [simulation.run_to(n * problem.horizon) for n in trainings]
    return Outcome(tuple(regrets), simulation.suggestions, simulation.ask_seconds, simulation.seconds)


class Simulation:
    """Workers and what they train. At equal times the worker of the lower number comes first.

    Args:
        strategy: any.
        problem: what it searches.
        speeds: epochs per unit of time, of each worker.
    """

    def __init__(self, strategy: Strategy, problem: Problem, *, speeds: Sequence[float]) -> None:
        self._strategy = strategy
        self._problem = problem
        self._pace = [1 / speed for speed in speeds]
        self._clock: list[tuple[float, int]] = [(0.0, worker) for worker in range(len(speeds))]
        self._work: dict[int, tuple[Job, int]] = {}
        self._idle: list[int] = []
        self._curves: dict[int, NDArray[np.float64]] = {}
        self._points: dict[int, Mapping[str, Value]] = {}
        self._last: dict[int, float] = {}
        self._regrets: dict[int, float] = {}
        self.spent = 0
        self.suggestions = 0
        self.ask_seconds = self.seconds = 0.0

    def run_to(self, epochs: int) -> float:
        """Go on until so many epochs are spent, or nothing is left to do; return the regret of the chosen point."""
        while self.spent < epochs and self._clock:
            now, worker = heapq.heappop(self._clock)
            if worker in self._work:
                self._report(worker)
            if worker not in self._work:
                self._ask(worker)
            if worker in self._work:
                heapq.heappush(self._clock, (now + self._pace[worker], worker))
                self._wake(now)
            else:
                self._idle.append(worker)
        return self._regret()

    def _wake(self, now: float) -> None:
        """Let those who had nothing to do ask again: something has changed."""
        for worker in self._idle:
            heapq.heappush(self._clock, (now, worker))
        self._idle.clear()

    def _regret(self) -> float:
        if not self._last:
            return NOTHING_FOUND
        chosen = max(self._last, key=self._last.__getitem__)
        if chosen not in self._regrets:
            self._regrets[chosen] = self._problem.regret(self._points[chosen])
        return self._regrets[chosen]

    def _ask(self, worker: int) -> None:
        began = time.process_time()
        job = self._strategy.ask()
        spent = time.process_time() - began
        self.seconds += spent
        if job is None:
            return
        if job.trial not in self._points:
            self.suggestions += 1
            self.ask_seconds += spent
            self._points[job.trial] = job.point
            self._curves[job.trial] = self._problem.curve(job.point)
        self._work[worker] = job, job.epoch

    def _report(self, worker: int) -> None:
        job, epoch = self._work[worker]
        epoch += 1
        value = float(self._curves[job.trial][epoch - 1])
        self.spent += 1
        self._last[job.trial] = value
        began = time.process_time()
        goes_on = self._strategy.report(job.trial, epoch, value)
        self.seconds += time.process_time() - began
        if goes_on and epoch < self._problem.horizon:
            self._work[worker] = job, epoch
        else:
            del self._work[worker]
