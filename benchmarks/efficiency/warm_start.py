"""The earlier searches of a warm start: one of 50 trainings on each task, remembered as a run remembers them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.efficiency.clock import simulate
from benchmarks.efficiency.contenders import OURS
from benchmarks.efficiency.problems import load
from benchmarks.efficiency.results import Search
from benchmarks.efficiency.winnow import Winnow
from search.runs.memory import PastSearch, read_memory, remember, write_memory
from search.runs.ranking import Scoring

TRAININGS = 50
WORKERS = 4
SEED = 1000
"""Of the earlier searches; none of the seeds that are compared."""


def past_of(task: str, tasks: Sequence[str], cache: Path) -> tuple[PastSearch, ...]:
    """Return what is remembered of the searches on all tasks but one."""
    others = [other for other in tasks if other != task]
    return tuple(search for other in others for search in read_memory(_path(cache, other)))


def unknown(tasks: Sequence[str], cache: Path) -> list[str]:
    """Return the tasks whose search is not in the cache."""
    return [task for task in tasks if not _path(cache, task).is_file()]


def learn(task: str, lcbench: Path | None, cache: Path, *, trainings: int = TRAININGS) -> str:
    """Search a task from the beginning, with the defaults that ship, and keep what is remembered of it.

    Args:
        task: of LCBench.
        lcbench: its folder.
        cache: folder of the remembered searches.
        trainings: the budget.
    """
    problem = load(task, lcbench)
    seed = Search(OURS, task, WORKERS, SEED).stream
    winnow = Winnow(problem, workers=WORKERS, seed=seed)
    simulate(winnow, problem, workers=WORKERS, trainings=[trainings], seed=seed)
    scoring = Scoring(maximize=True)
    found = remember(task, winnow.policy.records, scoring=scoring, epochs=problem.horizon)
    cache.mkdir(parents=True, exist_ok=True)
    write_memory(_path(cache, task), [found])
    return task


def _path(cache: Path, task: str) -> Path:
    return cache / f"{task}.json"
