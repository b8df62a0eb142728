"""10,000 trials on 1,000 simulated workers: what the driver costs a cluster, beside stock Ray Tune.

    python -m benchmarks.scale
    python -m benchmarks.scale --trials 1000 --workers 100 --epoch-seconds 60

Workers train on a simulated clock (the recorded curves of the digits space, 27 epochs) and leave the files of real
ones; sampler, ASHA, driver, study on its journal with fsync, run folder and event files are the product's. While the
driver works on an answer its own time passes on that clock: the CPU time of its thread, and the wall-clock time of
each fsync; Ray Tune's controller is added as it was measured (`benchmarks/scaling/controller.py`). A worker that has
ended an epoch is idle until it is told how it goes on, or what it trains next. Epochs differ: between configurations
by a factor whose logarithm has a standard deviation of 0.5, between workers by a speed from 0.9 to 1.1.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from benchmarks.scaling.contest import OURS, STOCK, Result, Task, run
from benchmarks.scaling.tables import tables

STOCK_AT = 60.0
"""Seconds of an epoch at which stock Ray Tune is measured: its suggestions cost the same at any."""


def main() -> None:
    """Measure, then print the tables."""
    settings = _settings()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = "1"  # before a child imports NumPy
    results = sorted(_run(_tasks(settings), settings), key=lambda result: _tasks(settings).index(result.task))
    for line in tables(results):
        print(line)


def _tasks(settings: argparse.Namespace) -> list[Task]:
    size = settings.trials, settings.workers
    stock = Task(STOCK, *size, STOCK_AT, settings.stock_seconds)
    ours = [Task(OURS, *size, seconds, settings.seconds) for seconds in settings.epoch_seconds]
    return [*ours, stock] if settings.stock_seconds else ours


def _run(tasks: Sequence[Task], settings: argparse.Namespace) -> Iterator[Result]:
    """Yield each search's result as it ends; each has a process of its own, for its memory."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(settings.processes, mp_context=context, max_tasks_per_child=1) as pool:
        for done in as_completed([pool.submit(run, task, settings.folder) for task in tasks]):
            result = done.result()
            print(f"{result.task}: {result.trials} trials, {result.outcome.idle:.2%} idle", file=sys.stderr)
            yield result


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--trials", type=int, default=10_000, help="of each search (default: 10000)")
    add("--workers", type=int, default=1_000, help="at once (default: 1000)")
    add("--epoch-seconds", type=float, nargs="+", default=[60.0], help="mean, simulated (default: 60)")
    add("--seconds", type=float, default=1_800.0, help="CPU seconds after which Winnow is cut off")
    add("--stock-seconds", type=float, default=240.0, help="the same for stock Ray Tune; 0: leave it out")
    add("--processes", type=int, default=2, help="searches at once (default: 2)")
    add(
        "--folder", type=Path, help="takes the run folders while they are written, on the disk to be measured"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
