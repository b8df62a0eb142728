"""How long a model file takes for a batch of images, in the process that has just opened it."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from search.training.processor import processor_name
from search.winner.formats import Session
from search.winner.verification import Latency

WARM_UP, FEWEST, MOST = 2, 5, 200
"""Calls: those before the first that counts, and those that count."""

SECONDS = 0.25
"""Of one figure: after so long no further call begins, but `FEWEST` are made. Four figures of five formats: 5 s."""


def measure_latency(
    opened: Callable[[int | None], Session], images: npt.NDArray[Any], *, seconds: float = SECONDS
) -> Latency:
    """Measure batches of 1 and of 32 images, with one thread and with all.

    Args:
        opened: opens the file for a number of threads; None: all.
        images: (N, C, H, W) as the file takes them, at least one; they are repeated to make 32.
        seconds: that one figure may take.
    """
    batches = [np.ascontiguousarray(np.resize(images, (size, *images.shape[1:]))) for size in (1, 32)]
    cores = usable_cores()
    figures: list[float] = []
    for threads in (1, cores):
        with torch_threads(threads):
            session = opened(threads)
            figures += [_median_seconds(session, batch, seconds) for batch in batches]
    one, many, one_all, many_all = figures
    return Latency(one, many, one_all, many_all, threads=cores)


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> str:
    """Return in words where latencies are measured: the processor's name, the cores that may be used."""
    cores = usable_cores()
    return f"{processor_name()}, {cores} core{'s' if cores > 1 else ''}"


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Let torch compute with so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _median_seconds(session: Session, batch: npt.NDArray[Any], seconds: float) -> float:
    for _ in range(WARM_UP):
        session(batch)
    taken: list[float] = []
    while len(taken) < FEWEST or (len(taken) < MOST and sum(taken) < seconds):
        began = time.perf_counter()
        session(batch)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
