"""What the benchmarks of training train on: a configuration, its images, its device; and the taking of turns."""

from __future__ import annotations

import datetime
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from search.plan.trial_config import TrialConfig
from search.training.data import Data, Split
from search.training.processor import processor_name

VALIDATION = 10
"""Images that are validated on: as good as none, since it is training that is measured."""


@dataclass(frozen=True)
class Case:
    """One line of a table: a configuration, its images, and where and with how many threads it runs."""

    model: str
    augmentation: str
    threads: int
    config: TrialConfig
    data: Data
    device: torch.device


Way = Callable[[Case], Iterator[int]]
"""Something that is measured: does an epoch of a case whenever it is asked, and yields how many images it had."""


def synthetic(images: int, side: int = 32) -> Data:
    """Return random images of CIFAR-10's shape and class count, and ten more for validation."""
    random = np.random.default_rng(0)
    count = images + VALIDATION
    pixels = random.integers(0, 256, (count, side, side, 3), dtype=np.uint8)
    rows = np.arange(count)
    splits = (Split(pixels, rows % 10, part) for part in (rows[:images], rows[images:]))
    names = tuple(str(label) for label in range(10))
    return Data("synthetic", names, (3, side, side), *splits, (0.5,) * 3, (0.289,) * 3)


def first_images(data: Data, images: int) -> Data:
    """Return the data with only so many training images, evenly spread over the split."""
    rows = data.train.indices[np.linspace(0, len(data.train) - 1, images).astype(np.int64)]
    train = Split(data.train.images, data.train.labels, rows)
    few = data.validation.indices[:VALIDATION]
    validation = Split(data.validation.images, data.validation.labels, few)
    return Data(data.name, data.classes, data.shape, train, validation, data.mean, data.std)


def cpu_seconds() -> float:
    """Return the processor's seconds of this process and of those that it has begun and that still run."""
    children = [Path(f"/proc/{child.pid}/stat") for child in multiprocessing.active_children()]
    ticks = [path.read_text().rpartition(")")[2].split() for path in children]
    theirs = sum(int(fields[11]) + int(fields[12]) for fields in ticks)  # utime and stime, man 5 proc
    return time.process_time() + theirs / os.sysconf("SC_CLK_TCK")


CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": cpu_seconds}


def measure(
    ways: Mapping[str, Way], case: Case, rounds: int, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Return images/s of each way and round, after one round that is thrown away.

    Args:
        ways: by their names; they take turns within each round, in one order and then in the other.
        case: what they work on.
        rounds: that count.
        clock: of `CLOCKS`.
    """
    torch.set_num_threads(case.threads)
    running = {name: way(case) for name, way in ways.items()}
    figures: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name in list(ways) if number % 2 else list(reversed(ways)):
            started = clock()
            images = next(running[name])
            if number:
                figures[name].append(images / (clock() - started))
    for way in running.values():
        way.close()  # type: ignore[attr-defined]
    return figures


def ratios(figures: Mapping[str, Sequence[float]], way: str, other: str) -> list[float]:
    """Return how many times as fast one way is as another, in each round."""
    return [a / b for a, b in zip(figures[way], figures[other], strict=True)]


def cell(values: Sequence[float], form: str) -> str:
    """Return `median (least–greatest)`."""
    return f"{statistics.median(values):{form}} ({min(values):{form}}–{max(values):{form}})"


def machine(device: torch.device) -> str:
    """Return what figures were measured on, in one line."""
    name = processor_name()
    if device.type == "cuda":
        name = f"{torch.cuda.get_device_name(device)}, {name}"
    today = datetime.datetime.now(datetime.UTC).date()
    return f"{name}, {len(os.sched_getaffinity(0))} cores, torch {torch.__version__}, {today}"
