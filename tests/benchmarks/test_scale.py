"""The benchmark of scale: its queue against closed forms, its clock, and a small search by each contender."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import search
from benchmarks.scaling.clock import DriverClock
from benchmarks.scaling.contest import OURS, STOCK, Result, Task, plan_of
from benchmarks.scaling.controller import Controller, solved
from benchmarks.scaling.pace import Pace
from benchmarks.scaling.product import Winnow
from benchmarks.scaling.queue import Answer, Queue, Waits
from benchmarks.scaling.stock import StockTune
from benchmarks.scaling.suggestions import Suggestions
from benchmarks.scaling.tables import tables
from search.plan.space import Space
from search.plan.trial_config import Value

FREE = Controller(per_result=0.0, per_trial=0.0)


class Script:
    """Trials of ``epochs`` epochs of one second; an answer costs ``ask`` or ``report`` seconds, their sum for both."""

    def __init__(self, *, trials: int, epochs: int, ask: float, report: float) -> None:
        self._left, self._epochs, self._ask, self._report = trials, epochs, ask, report
        self._done: dict[int, int] = {}
        self.log: list[tuple[str, int, float]] = []

    def ask(self, worker: int, now: float) -> Answer:
        self.log.append(("ask", worker, now))
        return self._next(worker, 0.0)

    def report(self, worker: int, now: float) -> Answer:
        self.log.append(("report", worker, now))
        self._done[worker] += 1
        if self._done[worker] < self._epochs:
            return Answer(1.0, self._report)
        return self._next(worker, self._report)

    def _next(self, worker: int, cost: float) -> Answer:
        if not self._left:
            return Answer(None, cost)
        self._left -= 1
        self._done[worker] = 0
        return Answer(1.0, cost + self._ask, new=True)


# --- the queue ---------------------------------------------------------------------------------------------------


def test_one_worker_waits_for_every_answer_and_for_nothing_else() -> None:
    """3 trials of 4 epochs: 3 asks and 12 reports, of which the last one gets no work and is no wait."""
    outcome = Queue(Script(trials=3, epochs=4, ask=0.5, report=0.25), 1).run()
    assert outcome.training == 12
    assert outcome.waits["first trial"].seconds == [0.5]
    assert outcome.waits["next trial"].seconds == [0.75, 0.75]
    assert outcome.waits["decision"].seconds == [0.25] * 9
    assert outcome.waited == pytest.approx(0.5 + 2 * 0.75 + 9 * 0.25)
    assert outcome.idle == pytest.approx(4.25 / (4.25 + 12))
    assert outcome.span == pytest.approx(12 + 4.25 + 0.25)


def test_who_comes_together_waits_for_those_before_him() -> None:
    """n workers ask at time 0, each answer takes a: the k-th waits k × a, in all a × n (n + 1) / 2."""
    script = Script(trials=10, epochs=1, ask=0.01, report=0.0)
    outcome = Queue(script, 10).run()
    assert outcome.waits["first trial"].seconds == pytest.approx([0.01 * k for k in range(1, 11)])
    assert outcome.waits["first trial"].total == pytest.approx(0.01 * 10 * 11 / 2)
    assert [worker for kind, worker, _ in script.log[:10]] == list(range(10))


def test_a_driver_with_more_work_than_time_is_what_the_workers_wait_for() -> None:
    """100 workers, epochs of 1 s, 0.02 s a report: the driver answers 50 a second, so half of their time is idle."""
    outcome = Queue(Script(trials=100, epochs=200, ask=0.0, report=0.02), 100).run()
    assert outcome.busy / outcome.span == pytest.approx(1.0, abs=0.01)
    assert outcome.idle == pytest.approx(0.5, abs=0.01)


def test_answers_that_cost_nothing_leave_nobody_idle() -> None:
    outcome = Queue(Script(trials=7, epochs=3, ask=0.0, report=0.0), 3).run()
    assert outcome.idle == 0.0
    assert outcome.training == 21


def test_who_finds_no_work_asks_again_after_another_answer_and_costs_no_wait() -> None:
    """Two workers, one trial: the second asks again after each report of the first."""
    script = Script(trials=1, epochs=3, ask=0.0, report=0.0)
    outcome = Queue(script, 2).run()
    assert [(kind, worker) for kind, worker, _ in script.log].count(("ask", 1)) == 4
    assert sum(len(waits.seconds) for waits in outcome.waits.values()) == 3
    assert outcome.training == 3


def test_it_can_be_cut_off() -> None:
    script = Script(trials=100, epochs=1, ask=0.0, report=0.0)
    queue = Queue(script, 1)
    queue.run(enough=lambda: len(script.log) >= 10)
    assert len(script.log) == 10
    assert not queue.over
    queue.run()
    assert queue.over


def test_the_quantile_of_waits_is_the_wait_of_that_rank() -> None:
    waits = Waits([float(n) for n in range(100, 0, -1)])
    assert (waits.quantile(0.5), waits.quantile(0.99), waits.quantile(1.0)) == (51.0, 100.0, 100.0)
    assert Waits().quantile(0.5) == 0.0


# --- what is measured --------------------------------------------------------------------------------------------


def test_the_drivers_time_passes_while_it_works_and_stands_still_while_it_does_not() -> None:
    clock = DriverClock()

    def work() -> float:
        until = time.thread_time() + 0.01
        while time.thread_time() < until:
            pass
        return clock()

    seen, spent = clock.work(5.0, work)
    assert seen - 5.0 >= 0.01
    assert spent >= seen - 5.0
    assert clock() == 5.0 + spent
    time.sleep(0.01)
    assert clock() == 5.0 + spent


def test_waiting_for_the_disk_counts_and_sleeping_does_not(tmp_path: Path) -> None:
    clock = DriverClock()

    def sync() -> None:
        with (tmp_path / "file").open("wb") as file:
            file.write(b"x" * 1_000_000)
            file.flush()
            os.fsync(file.fileno())

    stock = os.fsync
    with clock.timing_the_disk():
        _, spent = clock.work(0.0, sync)
    assert os.fsync is stock
    assert clock.syncs == 1
    assert spent >= clock.synced > 0
    _, slept = clock.work(0.0, lambda: time.sleep(0.2))
    assert slept < 0.2


def test_the_cost_of_suggestions_is_that_of_those_just_before_a_size() -> None:
    suggestions = Suggestions()
    for number in range(1000):
        suggestions.add(float(number), trials=number)
    assert suggestions.at(100) == 94.5
    assert suggestions.at(1000) == 949.5
    assert suggestions.at(1001) is None
    with pytest.raises(ValueError, match="suggestion 1000 is expected next"):
        suggestions.add(0.0, trials=5)


def test_two_kinds_of_trials_tell_what_a_result_and_a_trial_take() -> None:
    """8 trials of 100 results, 200 of 2: 800 r + 8 t and 400 r + 200 t."""
    found = solved(800 * 0.002 + 8 * 0.01, 400 * 0.002 + 200 * 0.01)
    assert found.per_result == pytest.approx(0.002)
    assert found.per_trial == pytest.approx(0.01)


def test_an_epoch_takes_the_mean_on_average_and_depends_on_trial_and_worker_alone() -> None:
    pace = Pace(60.0)
    drawn = [pace.epoch(n % 50, n) for n in range(4000)]
    assert np.mean(drawn) == pytest.approx(60.0, rel=0.05)
    assert pace.epoch(3, 7) == pace.epoch(3, 7) != pace.epoch(4, 7)


# --- the contenders ----------------------------------------------------------------------------------------------


class Slope:
    """Accuracies that rise to a level of the learning rate's; the space is that of the digits."""

    name = "slope"
    horizon = 27
    space: Space = plan_of(1).space

    def curve(self, point: Mapping[str, Value]) -> NDArray[np.float64]:
        level = 0.9 - 0.1 * abs(np.log10(float(str(point["learning_rate"]))) + 2)
        return level - 0.5 / (np.arange(1, self.horizon + 1) + 1)

    def regret(self, point: Mapping[str, Value]) -> float:
        return 0.0


def told(name: str, desk: Winnow | StockTune, queue: Queue) -> Result:
    task = Task(name, 30, 6, 60.0, 60.0)
    return Result(task, queue.run(), desk.suggestions, 1, 2, desk.clock.synced, desk.clock.syncs, queue.over)


def test_thirty_trials_at_winnows_desk_leave_a_run_as_a_search_does(tmp_path: Path) -> None:
    with Winnow(plan_of(30), Slope(), tmp_path / "run", workers=6, pace=Pace(60.0), controller=FREE) as desk:
        result = told(OURS, desk, Queue(desk, 6))
        assert desk.driver.reason == "all 30 trials are done"
        assert desk.last is not None
        desk.driver.abandon()
    assert result.trials == 30
    assert 0 < result.outcome.idle < 0.1
    run = search.open_run(tmp_path / "run")
    assert {trial.status for trial in run.trials} == {"completed", "stopped"}
    epochs = sum(trial.record.step for trial in run.trials)
    assert epochs == sum(len(result.outcome.waits[kind].seconds) for kind in ("next trial", "decision")) + 6
    for trial in run.trials:
        assert trial.document["status"] == trial.status
        assert len(run.curve(trial.number, "val/loss")) == trial.record.step


def test_the_stock_desk_runs_so_many_trials_and_the_tables_tell_of_both(tmp_path: Path) -> None:
    desk = StockTune(Slope(), trials=30, pace=Pace(60.0), controller=Controller(0.002, 0.0))
    result = told(STOCK, desk, Queue(desk, 6))
    assert result.trials == 30
    assert result.ended
    assert result.outcome.busy >= 0.002 * len(result.outcome.waits["decision"].seconds)
    lines = list(tables([result]))
    assert all(line.count("|") == lines[0].count("|") for line in lines[:3])
    assert all(line.count("|") == lines[4].count("|") for line in lines[4:])
