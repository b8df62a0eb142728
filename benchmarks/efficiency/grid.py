"""Many searches on a few processes; each one is written down as soon as it is over."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from benchmarks.efficiency.clock import simulate
from benchmarks.efficiency.contenders import WARM, build
from benchmarks.efficiency.problems import load
from benchmarks.efficiency.results import Result, Search, append, missing, read
from benchmarks.efficiency.warm_start import past_of

_Job = TypeVar("_Job")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Where:
    """Where things lie: LCBench's folder, and that of the remembered searches of a warm start."""

    lcbench: Path | None = None
    cache: Path | None = None


def searches(
    contenders: Sequence[str], problems: Sequence[str], *, workers: Sequence[int], seeds: Iterable[int]
) -> list[Search]:
    """Return all combinations, seed by seed, so that what a cut-off run has is balanced."""
    return [
        Search(contender, problem, count, seed)
        for seed in seeds
        for count in workers
        for contender in contenders
        for problem in problems
    ]


def run(search: Search, trainings: int, where: Where, others: Sequence[str] = ()) -> Result:
    """Run one search.

    Args:
        search: which.
        trainings: the budget in full trainings.
        where: folders.
        others: tasks whose searches are known to a warm start, this one's left out.
    """
    problem = load(search.problem, where.lcbench)
    past = past_of(search.problem, others, where.cache) if search.contender == WARM and where.cache else ()
    strategy = build(search.contender, problem, workers=search.workers, seed=search.stream, past=past)
    at = range(1, trainings + 1)
    return Result(
        search, simulate(strategy, problem, workers=search.workers, trainings=at, seed=search.stream)
    )


def run_missing(
    wanted: Sequence[Search],
    out: Path,
    *,
    trainings: int,
    processes: int,
    where: Where,
    others: Sequence[str] = (),
) -> int:
    """Run those of which the file has no result, in order, and add each result to it.

    Args:
        wanted: searches.
        out: the file of results.
        trainings: the budget of each in full trainings.
        processes: at once.
        where: folders.
        others: see `run`.

    Returns:
        How many failed; why stands on the error stream.
    """
    todo = missing(wanted, read([out]), trainings)
    print(f"{len(wanted) - len(todo)} of {len(wanted)} searches are in {out}", file=sys.stderr)

    def begin(pool: ProcessPoolExecutor, search: Search) -> Future[Result]:
        return pool.submit(run, search, trainings, where, others)

    return in_processes(todo, begin, lambda result: append(out, result), processes=processes)


def in_processes(
    jobs: Sequence[_Job],
    begin: Callable[[ProcessPoolExecutor, _Job], Future[_Answer]],
    take: Callable[[_Answer], None],
    *,
    processes: int,
) -> int:
    """Run jobs in order on some processes, say how far they are, and return how many failed."""
    failed = 0
    started = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        waiting = {begin(pool, job): job for job in jobs}
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                job = waiting.pop(future)
                error = future.exception()
                failed += error is not None
                if error is None:
                    take(future.result())
                _say(job, error, len(jobs) - len(waiting), len(jobs), time.monotonic() - started)
    return failed


def _say(job: object, error: BaseException | None, done: int, count: int, seconds: float) -> None:
    left = seconds / done * (count - done)
    said = f" FAILED: {type(error).__name__}: {error}" if error else ""
    print(f"{done}/{count} {job}{said}; {seconds:.0f} s, {left:.0f} s to go", file=sys.stderr, flush=True)
