"""How many trainings a search needs: Winnow with the defaults that ship against Ray Tune, Optuna and Syne Tune.

    python -m benchmarks.search_efficiency --lcbench DIR --out results.jsonl
    python -m benchmarks.search_efficiency --digits --seeds 20 --out results.jsonl
    python -m benchmarks.search_efficiency --lcbench DIR --warm-start --cache DIR --out results.jsonl
    python -m benchmarks.search_efficiency --out results.jsonl --report

All are driven by plain calls on the same simulated clock (`benchmarks/efficiency/clock.py`). A finished search is a
line of `--out` and is not run again, so that a call goes on where an earlier one was cut off. ASHA-CQR is compared
where Syne Tune is installed. Set OMP_NUM_THREADS=1 for comparable CPU seconds; the children of this command have it.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from benchmarks.efficiency import tables
from benchmarks.efficiency.contenders import BASELINES, OURS, WARM, installed, known
from benchmarks.efficiency.grid import Where, in_processes, run_missing, searches
from benchmarks.efficiency.problems import RECORDED, TASKS
from benchmarks.efficiency.results import read
from benchmarks.efficiency.warm_start import learn, unknown

NICENESS = 5
TRAININGS = (5, 10, 20, 50, 100)
WARM_TRAININGS = 20
"""A warm start is compared at 10 and 20 trainings."""


def main() -> None:
    """Run what the command line asks for, then print the tables."""
    settings = _settings()
    os.nice(max(0, NICENESS - os.nice(0)))
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    failed = 0
    if not settings.report:
        failed = _warm_start(settings) if settings.warm_start else _compare(settings)
    print(tables.report(read([settings.out]), settings.trainings, ours=settings.ours))
    raise SystemExit(1 if failed else 0)


def _compare(settings: argparse.Namespace) -> int:
    contenders = _installed(settings.contenders)
    wanted = searches(contenders, _problems(settings), workers=settings.workers, seeds=_seeds(settings))
    return run_missing(
        wanted,
        settings.out,
        trainings=max(settings.trainings),
        processes=settings.processes,
        where=Where(settings.lcbench),
    )


def _warm_start(settings: argparse.Namespace) -> int:
    """Search each task once for the others' memory, then compare with and without it."""
    problems, cache = _problems(settings), settings.cache

    def begin(pool: ProcessPoolExecutor, task: str) -> Future[str]:
        return pool.submit(learn, task, settings.lcbench, cache)

    failed = in_processes(unknown(problems, cache), begin, lambda task: None, processes=settings.processes)
    wanted = searches([OURS, WARM], problems, workers=settings.workers, seeds=_seeds(settings))
    return failed or run_missing(
        wanted,
        settings.out,
        trainings=WARM_TRAININGS,
        processes=settings.processes,
        where=Where(settings.lcbench, cache),
        others=problems,
    )


def _installed(contenders: list[str]) -> list[str]:
    for name in contenders:
        if not installed(name):
            print(f"{name} is left out: it is not installed here", file=sys.stderr)
    return [name for name in contenders if installed(name)]


def _problems(settings: argparse.Namespace) -> list[str]:
    return list(RECORDED if settings.digits else TASKS)


def _seeds(settings: argparse.Namespace) -> range:
    return range(settings.first_seed, settings.first_seed + settings.seeds)


def _settings() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "--lcbench",
        type=Path,
        help="folder of LCBench's surrogate: lcbench of github.com/slds-lmu/yahpo_data",
    )
    add("--digits", action="store_true", help="search the recorded curves of our own trainer instead")
    add("--contenders", nargs="+", type=_contender, default=[OURS, *BASELINES], metavar="NAME")
    add("--ours", type=_contender, default=OURS, help="which contender is compared with the others")
    add("--workers", type=int, nargs="+", default=[4, 16])
    add("--seeds", type=int, default=5, help="how many")
    add("--first-seed", type=int, default=0)
    add(
        "--trainings",
        type=int,
        nargs="+",
        default=list(TRAININGS),
        help="when to look; the last is the budget",
    )
    add("--out", type=Path, default=Path("results.jsonl"), help="file of results")
    add("--processes", type=int, default=2)
    add("--report", action="store_true", help="print the tables of --out and run nothing")
    add("--warm-start", action="store_true", help="compare with and without earlier searches")
    add("--cache", type=Path, default=Path("build/warm_start"), help="folder of the earlier searches")
    settings = parser.parse_args()
    if not (settings.digits or settings.report or settings.lcbench):
        parser.error("`--lcbench DIR`, `--digits` or `--report` is expected")
    return settings


def _contender(name: str) -> str:
    if not known(name):
        raise argparse.ArgumentTypeError(f"{', '.join([OURS, *BASELINES])} is expected, but got {name}")
    return name


if __name__ == "__main__":
    main()
