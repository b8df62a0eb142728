"""What a framework costs around the training: Winnow against stock Ray Tune and Optuna in processes.

    python -m benchmarks.overhead --rounds 3 --trials 24 --workers 2

Every contender trains one fixed list of configurations with the very same `search.training.fit`, one thread a
worker, no early stopping. All of them run in turns within each round, so that a slow minute of the machine hits
all. Every process that trains marks when each step begins and ends (`benchmarks.contenders.marks`).

    wall        from the beginning of the first step to the end of the last one
    start-up    from the command to the beginning of the first step
    share       (time of the same steps) / (workers × wall); the time of the steps is measured in the same round,
                once alone on one worker, and once side by side in plain processes, as many as there are workers
    in steps    share of workers × wall that the contender itself spent in steps
    gap         from the last step of a trial to the first one of the next, on the same process; where each trial
                has a process of its own, from the end of a trial to the beginning of the one that takes its place
    per report  CPU time: of the driving process, of the framework's other processes (Ray's), and of a worker
                between two steps (checkpoints among it)

Needs Winnow with its extra `test` (psutil).
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

from benchmarks.contenders.marks import FOLDER, Mark, read_driver, read_marks
from benchmarks.contenders.work import Job
from search.training.processor import processor_name

ROOT = Path(__file__).resolve().parent.parent

REFERENCES = ("alone", "side by side")
CONTENDERS: dict[str, tuple[str, ...]] = {
    "alone": ("alone",),
    "side by side": ("alone",),
    "Winnow": ("winnow",),
    "Optuna in processes": ("optuna_processes",),
    "Ray Tune, reuse_actors=True": ("ray_tune", "--reuse-actors"),
    "Ray Tune, stock": ("ray_tune",),
}
"""Name in the table, module below `benchmarks.contenders`, its arguments after the folder."""

HEADER = (
    "contender",
    "start-up s",
    "wall s",
    "share of alone",
    "share of side by side",
    "in steps",
    "gap ms",
    "greatest gap ms",
    "driver CPU ms/report",
    "other CPU ms/report",
    "worker CPU ms/report",
)


@dataclass(frozen=True)
class Figures:
    """One contender in one round. Times in seconds; those of a report are CPU times, None where nothing is driven or
    no process takes two steps.

    ``step_time`` is the sum over all steps, ``gaps`` lie between two trials, ``other`` are the framework's own
    processes.
    """

    startup: float
    wall: float
    step_time: float
    gaps: tuple[float, ...]
    driver: float | None
    other: float | None
    worker: float | None


class ContenderFailed(RuntimeError):  # noqa: N818 (says what is the case)
    """A contender did not do its job."""


def measure(name: str, job: Job) -> Figures:
    """Run a contender and return its figures.

    Raises:
        ContenderFailed: it failed, or it did not take every step exactly once.
    """
    module, *arguments = CONTENDERS[name]
    job.folder.mkdir(parents=True)
    job.write()
    log = job.folder / "log"
    environment = {**os.environ, FOLDER: str(job.folder), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", f"benchmarks.contenders.{module}", str(job.folder), *arguments]
    launched = time.time()
    with log.open("w") as output:
        code = subprocess.run(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, check=False
        ).returncode
    marks = read_marks(job.folder)
    wanted = {(p["learning_rate"], epoch) for p in job.points for epoch in range(1, job.epochs + 1)}
    if code or sorted((mark.trial, mark.epoch) for mark in marks) != sorted(wanted):
        tail = "\n".join(log.read_text().splitlines()[-20:])
        raise ContenderFailed(f"{name}: exit code {code}, {len(marks)} steps of {len(wanted)}:\n{tail}")
    return figures(job, marks, launched)


def figures(job: Job, marks: Sequence[Mark], launched: float) -> Figures:
    """Return what the marks of a run say.

    Args:
        job: what was done; the driver's CPU time is read from its folder.
        marks: of all processes, by the time when their steps began.
        launched: when the command was given, seconds since 1970.
    """
    cpu = read_driver(job.folder)
    between = [b.cpu_began - a.cpu_ended for a, b in following(marks)]
    return Figures(
        startup=marks[0].began - launched,
        wall=max(mark.ended for mark in marks) - marks[0].began,
        step_time=sum(mark.ended - mark.began for mark in marks),
        gaps=tuple(gaps(marks, workers=job.workers)),
        driver=cpu.driver / cpu.reports if cpu else None,
        other=cpu.system / cpu.reports if cpu else None,
        worker=statistics.fmean(between) if between else None,
    )


def following(marks: Sequence[Mark]) -> Iterator[tuple[Mark, Mark]]:
    """Yield each two steps that followed one another on the same process."""
    processes: dict[int, list[Mark]] = defaultdict(list)
    for mark in marks:
        processes[mark.process].append(mark)
    for steps in processes.values():
        yield from pairwise(steps)


def gaps(marks: Sequence[Mark], *, workers: int) -> list[float]:
    """Return the seconds between a trial's last step and the next trial's first one on that worker.

    Where no process runs two trials, the n-th trial that ends is followed by the n-th after the first ones.
    """
    found = [b.began - a.ended for a, b in following(marks) if a.trial != b.trial]
    if found:
        return found
    trials: dict[float, list[Mark]] = defaultdict(list)
    for mark in marks:
        trials[mark.trial].append(mark)
    ends = sorted(steps[-1].ended for steps in trials.values())
    begins = sorted(steps[0].began for steps in trials.values())
    return [began - ended for ended, began in zip(ends, begins[workers:], strict=False)]


def cell(values: Sequence[float | None], form: str, scale: float = 1.0) -> str:
    """Return `median (least–greatest)` over the rounds; a dash where there is nothing to measure."""
    known = [value * scale for value in values if value is not None]
    if not known:
        return "–"
    return f"{statistics.median(known):{form}} ({min(known):{form}}–{max(known):{form}})"


def row(name: str, rounds: Sequence[dict[str, Figures]], workers: int) -> str:
    """Return a contender's line of the table."""
    own = [figures_of[name] for figures_of in rounds]
    capacity = [workers * figure.wall for figure in own]
    shares = [
        [figures_of[reference].step_time / c for figures_of, c in zip(rounds, capacity, strict=True)]
        for reference in REFERENCES
    ]
    cells = [
        name,
        cell([figure.startup for figure in own], ".1f"),
        cell([figure.wall for figure in own], ".1f"),
        *(cell(share, ".2f") for share in shares),
        cell([figure.step_time / c for figure, c in zip(own, capacity, strict=True)], ".2f"),
        cell([statistics.median(figure.gaps) for figure in own], ".0f", 1000),
        cell([max(figure.gaps) for figure in own], ".0f", 1000),
        cell([figure.driver for figure in own], ".1f", 1000),
        cell([figure.other for figure in own], ".1f", 1000),
        cell([figure.worker for figure in own], ".1f", 1000),
    ]
    return f"| {' | '.join(cells)} |"


def reference_row(name: str, rounds: Sequence[dict[str, Figures]]) -> str:
    """Return a reference's line: what the steps cost."""
    times = cell([figures_of[name].step_time for figures_of in rounds], ".1f")
    return f"- steps {name}: {times} worker-seconds"


def run_rounds(job: Job, rounds: int, names: Sequence[str]) -> Iterator[dict[str, Figures]]:
    """Yield each round's figures; every other round runs in the opposite order."""
    for number in range(rounds):
        order = names if number % 2 == 0 else list(reversed(names))
        done: dict[str, Figures] = {}
        for name in order:
            folder = job.folder / f"{number}-{name.replace(' ', '-')}"
            workers = 1 if name == "alone" else job.workers
            done[name] = measure(name, replace(job, folder=folder, workers=workers))
            print(f"round {number + 1}, {name}: {done[name].wall:.1f} s", file=sys.stderr)
        yield done


def machine() -> str:
    """Return what the figures were measured on, in one line."""
    versions = ", ".join(f"{package} {version(package)}" for package in ("ray", "optuna", "torch"))
    today = datetime.datetime.now(datetime.UTC).date()
    cores = len(os.sched_getaffinity(0))
    return f"{processor_name()}, {cores} cores, Python {platform.python_version()}, {versions}, {today}"


def print_table(rounds: Sequence[dict[str, Figures]], job: Job, names: Sequence[str]) -> None:
    """Print the table in Markdown."""
    print(
        f"{job.trials} trials of {job.epochs} epochs (digits, a CNN of width {job.width}) on {job.workers} workers;"
    )
    print(f"median (least–greatest) of {len(rounds)} rounds; {machine()}\n")
    for name in REFERENCES:
        print(reference_row(name, rounds))
    print(f"\n| {' | '.join(HEADER)} |")
    print(f"|---{'|---:' * (len(HEADER) - 1)}|")
    for name in names:
        if name not in REFERENCES:
            print(row(name, rounds, job.workers))


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="of all contenders in turn (default: 3)")
    parser.add_argument("--trials", type=int, default=24, help="configurations (default: 24)")
    parser.add_argument("--epochs", type=int, default=9, help="of a trial; 9 take about 1 s (default: 9)")
    parser.add_argument(
        "--width", type=int, default=32, help="of the network; 64 makes longer epochs (default: 32)"
    )
    parser.add_argument("--workers", type=int, default=2, help="processes that train (default: 2)")
    parser.add_argument(
        "--only", nargs="+", choices=[name for name in CONTENDERS if name not in REFERENCES], default=None
    )
    parser.add_argument("--folder", type=Path, help="keep everything that the contenders write here")
    arguments = parser.parse_args()
    names = [name for name in CONTENDERS if name in REFERENCES or name in (arguments.only or CONTENDERS)]
    with tempfile.TemporaryDirectory(prefix="overhead-") as temporary:
        job = Job(
            (arguments.folder or Path(temporary)).resolve(),
            arguments.trials,
            arguments.epochs,
            arguments.workers,
            arguments.width,
        )
        rounds = list(run_rounds(job, arguments.rounds, names))
    print_table(rounds, job, names)


if __name__ == "__main__":
    main()
