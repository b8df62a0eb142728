"""One search at scale, in a process of its own, and what is told of it."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.efficiency.digits import SPACE, Digits
from benchmarks.scaling.clock import DriverClock
from benchmarks.scaling.controller import MEASURED
from benchmarks.scaling.pace import Pace
from benchmarks.scaling.queue import Desk, Outcome, Queue
from benchmarks.scaling.suggestions import Suggestions
from search.plan.plan import Plan, find_space, load_plan
from search.tuning.vocabulary import vocabulary

OURS, STOCK = "Winnow", "Ray Tune: OptunaSearch (TPE), ASHAScheduler"


@dataclass(frozen=True)
class Task:
    """A search: who, how many trials and workers, mean seconds of an epoch, CPU seconds after which it is cut off."""

    name: str
    trials: int
    workers: int
    epoch_seconds: float
    limit: float


@dataclass(frozen=True)
class Result:
    """How it went. Memory in bytes: what the process took before the search, and the most that it took.

    ``synced`` are seconds in fsync, ``syncs`` their number. ``ended``: the search came to its end.
    """

    task: Task
    outcome: Outcome
    suggestions: Suggestions
    memory_before: int
    memory_peak: int
    synced: float
    syncs: int
    ended: bool

    @property
    def trials(self) -> int:
        """Trials that were begun."""
        return len(self.suggestions.seconds)


def run(task: Task, folder: Path | None = None) -> Result:
    """Run a search.

    Args:
        task: which.
        folder: takes the run's folder, which goes afterwards; None: where temporary files are.
    """
    logging.getLogger("ray").setLevel(logging.ERROR)
    problem = Digits()
    process, until = psutil.Process(), time.process_time() + task.limit
    before = process.memory_info().rss
    with (
        tempfile.TemporaryDirectory(prefix="scale-", dir=folder) as place,
        _desk(task, problem, place) as desk,
    ):
        queue = Queue(desk, task.workers)
        outcome = queue.run(enough=lambda: time.process_time() >= until)
        return Result(
            task,
            outcome,
            desk.suggestions,
            memory_before=before,
            memory_peak=_peak(),
            synced=desk.clock.synced,
            syncs=desk.clock.syncs,
            ended=queue.over,
        )


def plan_of(trials: int) -> Plan:
    """Return the plan of the space that is searched, with so many trials."""
    plan = load_plan(find_space(SPACE), vocabulary=vocabulary())
    return plan.model_copy(update={"budget": plan.budget.model_copy(update={"trials": trials})})


class Contender(Desk):
    """A desk that tells what its work took."""

    clock: DriverClock
    suggestions: Suggestions


@contextlib.contextmanager
def _desk(task: Task, problem: Digits, folder: str) -> Iterator[Contender]:
    # Each contender imports seconds' worth of libraries, which the other's memory must not show.
    pace = Pace(task.epoch_seconds)
    if task.name == OURS:
        from benchmarks.scaling.product import Winnow  # noqa: PLC0415

        root = Path(folder) / "run"
        plan = plan_of(task.trials)
        with Winnow(plan, problem, root, workers=task.workers, pace=pace, controller=MEASURED) as desk:
            yield desk
    else:
        from benchmarks.scaling.stock import StockTune  # noqa: PLC0415

        yield StockTune(problem, trials=task.trials, pace=pace, controller=MEASURED)


def _peak() -> int:
    """Return the most memory that this process has taken so far, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
