"""Do trials on one machine share one copy of the images? Measured: what N processes that train on them hold together.

    python -m benchmarks.shared_images --data-dir path/to/cifar10 --processes 4

Each process loads the data set as a trial does and goes through all training images once; then the kernel is asked
(`/proc/<pid>/smaps`; PSS counts a page that n processes share as 1/n of it in each):

    images MB    the images' share of all processes' PSS: one copy, if they share it
    others MB    all else: torch and the process itself
    unshared MB  what the processes would hold if each had a copy of its own: their RSS
"""

from __future__ import annotations

import argparse
import multiprocessing
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import get_args

import torch
from rich.console import Console
from rich.table import Table

from search.plan.trial_config import Access, DataConfig
from search.training.data import load_data

BATCH = 128


@dataclass(frozen=True)
class Held:
    """What a process holds, in bytes: the images' PSS, the PSS of all else, and its RSS."""

    images: int
    others: int
    resident: int


def train(arguments: argparse.Namespace, ready: Barrier, measured: Event) -> None:
    """Go through all training images once, then wait until this process was measured."""
    config = DataConfig(arguments.data, file=arguments.file)
    data = load_data(config, directory=arguments.data_dir, access=arguments.access)
    way = data.to(torch.device("cpu"), data.train)
    parts = list(torch.from_numpy(data.train.indices).split(BATCH))
    with way.batches(parts) as batches:
        for images, _ in batches:
            images.float().mean()
    ready.wait()
    measured.wait()


def held(pid: int) -> Held:
    """Ask the kernel what a process holds."""
    images = others = resident = 0
    ours = False
    for line in Path(f"/proc/{pid}/smaps").read_text(encoding="utf-8").splitlines():
        name, _, rest = line.partition(":")
        if " " in name:  # the head of a mapping: addresses, rights, …, file
            ours = line.endswith((".images.npy", ".files.npy"))
        elif name == "Pss":
            kib = int(rest.split()[0])
            images, others = (images + kib, others) if ours else (images, others + kib)
        elif name == "Rss":
            resident += int(rest.split()[0])
    return Held(1024 * images, 1024 * others, 1024 * resident)


def together(count: int, arguments: argparse.Namespace) -> list[Held]:
    """Return what each of so many processes holds when all have seen all images."""
    context = multiprocessing.get_context("spawn")
    ready, measured = context.Barrier(count + 1), context.Event()
    processes = [context.Process(target=train, args=(arguments, ready, measured)) for _ in range(count)]
    for process in processes:
        process.start()
    try:
        ready.wait(arguments.patience)
        return [held(process.pid or 0) for process in processes]
    finally:
        measured.set()
        for process in processes:
            process.join()


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", default="image_folder", help="the name of a data set")
    parser.add_argument("--data-dir", type=Path, help="where its files lie")
    parser.add_argument("--file", help="of an image_csv: its table of labels")
    parser.add_argument("--access", choices=get_args(Access), default="auto")
    parser.add_argument("--processes", type=int, default=4, help="at the most")
    parser.add_argument("--patience", type=float, default=600.0, help="seconds for all images")
    return parser.parse_args()


def main() -> None:
    """Print a line for each number of processes."""
    arguments = parsed()
    config = DataConfig(arguments.data, file=arguments.file)
    data = load_data(config, directory=arguments.data_dir, access=arguments.access)
    table = Table(
        "processes", "images MB", "others MB", "unshared MB", title=f"{data.name}, {arguments.access}"
    )
    for count in sorted({1, 2, arguments.processes}):
        found = together(count, arguments)
        sums = [sum(getattr(one, name) for one in found) for name in ("images", "others", "resident")]
        table.add_row(str(count), *(f"{value / 1e6:,.0f}" for value in sums))
    console = Console()
    console.print(table)
    console.print(f"the images take {data.train.images.nbytes / 1e6:,.0f} MB when they are decoded")


if __name__ == "__main__":
    main()
