"""What it costs to read the logs of a large search: Winnow beside EventAccumulator, tbparse and TensorBoard.

    python -m benchmarks.reading --trials 1000 5000 --rounds 3

Generated logs (`benchmarks.generate.event_logs`) of 50 epochs × 8 scalars, in our writer's form (a record an epoch)
and in SummaryWriter's (a record a scalar). Every reader runs in a fresh process, all of them in turns within each
round, so that a slow minute of the machine hits all.

    CPU s       user and system time of the process, its start and imports among it; of TensorBoard all its processes
    peak MB     the most memory that was resident; of TensorBoard what is resident at the end, of all its processes
    ratio       of the CPU time to that of Winnow's cold read in the same round: median (least – greatest)

    bytes             reads all files and does nothing with them
    Winnow, cold      `LogFolder`, both checksums of each record verified, every value of every tag in a matrix
    Winnow, cached    the same in the next process
    EventAccumulator  TensorBoard's own reader, one a run, nothing left out
    tbparse           `SummaryReader(folder).scalars`
    TensorBoard       with its data server, until it answers with every point of one tag of all runs

After that, in one process that has read everything, one epoch is appended to ten trials, and what comes since is read
(`refresh` and a matrix); ten times over, the first of which is left out.

Needs Winnow with its extra `test`; tbparse only where it is asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import psutil

from benchmarks.contenders.readers import READERS
from benchmarks.generate.event_logs import TAGS, Form, append, generate
from benchmarks.generate.tensorboard_client import Served
from search.runs.logs.folder import LogFolder

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = 50
APPENDED = 10
"""Trials to which an epoch is appended, and times that it is."""

FORMS: Mapping[Form, str] = {"ours": "a record an epoch", "single": "a record a scalar"}
BASE = "Winnow, cold"
TENSORBOARD = "TensorBoard, data server"


@dataclass(frozen=True)
class Figures:
    """One reader in one round: CPU seconds, wall seconds, MB of memory, values that it found."""

    cpu: float
    wall: float
    memory: float
    values: int


def measured(name: str, folder: Path, environment: Mapping[str, str]) -> Figures:
    """Run one reader in a fresh process."""
    if name == TENSORBOARD:
        return tensorboard(folder)
    began = time.perf_counter()
    command = [sys.executable, "-m", "benchmarks.contenders.readers", name, str(folder)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, **environment}, check=True, capture_output=True, text=True
    )
    return Figures(**json.loads(done.stdout.splitlines()[-1]), wall=time.perf_counter() - began)


def tensorboard(folder: Path) -> Figures:
    """Start TensorBoard with its data server, wait until it knows every point of one tag, and stop it."""
    began = time.perf_counter()
    runs = [f"{path.parent.name}/{path.name}" for path in folder.glob("*/*")]
    with Served(folder) as served:
        served.wait_for(TAGS[-1], runs, EPOCHS)
        cpu, memory = served.used()
    return Figures(cpu, time.perf_counter() - began, memory, len(runs) * EPOCHS * len(TAGS))


def appended(folder: Path, form: Form) -> tuple[list[float], list[float]]:
    """Append an epoch to ten trials, again and again; return CPU and wall seconds of reading each."""
    reader, cpu, wall = LogFolder(folder), [], []
    reader.refresh().matrix(TAGS[-1])
    for epoch in range(EPOCHS + 1, EPOCHS + 1 + APPENDED):
        append(folder, trials=APPENDED, epoch=epoch, form=form)
        began = time.process_time(), time.perf_counter()
        steps, _ = reader.refresh().matrix(TAGS[-1])
        cpu.append(time.process_time() - began[0])
        wall.append(time.perf_counter() - began[1])
        assert steps[-1] == epoch
    return cpu[1:], wall[1:]


def rows(names: Sequence[str], rounds: Sequence[Mapping[str, Figures]]) -> list[str]:
    """Return the table of several rounds."""
    table = []
    for name in names:
        found = [known[name] for known in rounds if name in known]
        if not found:
            continue
        ratios = [known[name].cpu / known[BASE].cpu for known in rounds if name in known]
        cells = (
            name,
            f"{statistics.median(f.cpu for f in found):.2f}",
            f"{max(f.memory for f in found):.0f}",
            f"{statistics.median(f.wall for f in found):.1f}",
            f"{statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f})",
            str(len(found)),
        )
        table.append("| " + " | ".join(cells) + " |")
    return table


def one_size(
    trials: int, form: Form, names: Sequence[str], arguments: argparse.Namespace, folder: Path
) -> None:
    """Measure all readers on logs of one size and form, and print the tables."""
    logs = folder / f"{form}-{trials}"
    generate(logs, trials=trials, epochs=EPOCHS, form=form)
    # The files are in the page cache from now on, for all.
    size = READERS["bytes"](logs) / 2**20
    environment = {"XDG_CACHE_HOME": str(folder / "cache"), "OMP_NUM_THREADS": "1"}
    environment["WINNOW_CACHE"] = str(folder / "cache" / "winnow")
    measured("Winnow, cached", logs, environment)  # writes the cache
    few = ("EventAccumulator", "tbparse", TENSORBOARD) if trials > arguments.many else ()
    rounds = [
        {name: measured(name, logs, environment) for name in names if number == 0 or name not in few}
        for number in range(arguments.rounds)
    ]
    print(f"\n### {trials:,} trials × {EPOCHS} epochs × {len(TAGS)} scalars, {FORMS[form]} ({size:.0f} MB)\n")
    print("| reader | CPU s | peak MB | wall s | ratio | n |\n|---|---|---|---|---|---|")
    print("\n".join(rows(names, rounds)), flush=True)
    cpu, wall = appended(logs, form)
    told = f"{1e3 * statistics.median(cpu):.0f} CPU ms ({1e3 * min(cpu):.0f} – {1e3 * max(cpu):.0f})"
    clock = f"{1e3 * statistics.median(wall):.0f} ms on the clock"
    print(f"\nAfter one appended epoch in {APPENDED} trials: {told}, {clock}, n = {len(cpu)}.", flush=True)
    shutil.rmtree(logs)


def main() -> None:
    """Measure, as the command line says."""
    names = [*READERS, TENSORBOARD]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--many", type=int, default=1000, help="of more trials the slow readers run one round"
    )
    parser.add_argument("--without", nargs="*", default=[], choices=names, help="readers that are left out")
    arguments = parser.parse_args()
    told = (f"{name} {version(name)}" for name in ("tensorboard", "tbparse", "numpy", "crc32c"))
    print(
        f"Python {platform.python_version()}, {', '.join(told)}; {psutil.cpu_count()} cores, {platform.machine()}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for trials in arguments.trials:
            for form in FORMS:
                asked = [name for name in names if name not in arguments.without]
                one_size(trials, form, asked, arguments, Path(folder))


if __name__ == "__main__":
    main()
