"""Stock Ray Tune at the desk: OptunaSearch (TPE) and ASHAScheduler as they come, called as Tune's controller does.

Their study is in memory, nothing is recorded and no files are kept: what Ray's own loggers and snapshots take comes on
top of what is counted here.
"""

from __future__ import annotations

from benchmarks.efficiency.problem import Problem
from benchmarks.efficiency.stock import stock
from benchmarks.scaling.clock import DriverClock
from benchmarks.scaling.controller import Controller
from benchmarks.scaling.pace import Pace
from benchmarks.scaling.queue import Answer
from benchmarks.scaling.suggestions import Suggestions


class StockTune:
    """A search of a number of trials.

    Args:
        problem: that it searches.
        trials: of the search.
        pace: how long epochs take.
        controller: what Ray Tune itself takes.
        seed: of the searcher.
    """

    def __init__(
        self, problem: Problem, *, trials: int, pace: Pace, controller: Controller, seed: int = 0
    ) -> None:
        self.clock = DriverClock()
        self.suggestions = Suggestions()
        self._problem, self._trials, self._pace, self._controller = problem, trials, pace, controller
        self._tune = stock(problem, seed=seed)
        self._work: dict[int, tuple[int, list[float], int]] = {}

    def ask(self, worker: int, now: float) -> Answer:
        """Give work to a worker that has none."""
        number = len(self.suggestions.seconds)
        if number == self._trials:
            return Answer(None, 0.0)
        job, spent = self.clock.work(now, self._tune.ask)
        self.suggestions.add(spent, trials=number)
        self._work[worker] = number, [float(value) for value in self._problem.curve(job.point)], 0
        return Answer(self._pace.epoch(worker, number), spent + self._controller.per_trial, new=True)

    def report(self, worker: int, now: float) -> Answer:
        """Take the end of an epoch; where the trial ends with it, give the worker another one."""
        number, curve, epoch = self._work[worker]
        goes_on, spent = self.clock.work(now, lambda: self._tune.report(number, epoch + 1, curve[epoch]))
        spent += self._controller.per_result
        if goes_on:
            self._work[worker] = number, curve, epoch + 1
            return Answer(self._pace.epoch(worker, number), spent)
        del self._work[worker]
        answer = self.ask(worker, now + spent)
        return Answer(answer.epoch, spent + answer.cost, new=answer.new)
