"""Trials on one device by several processes at once, each of which trains one after the other, as workers do."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.sharedctypes import Synchronized
from multiprocessing.synchronize import Barrier

import torch

from search.plan.trial_config import TrialConfig
from search.training.data import Data
from search.training.fit import fit


@dataclass(frozen=True)
class Work:
    """So many trials of a configuration, which differ in their seeds. ``images`` is called in each process."""

    config: TrialConfig
    trials: int
    images: Callable[[], Data]
    device: torch.device


def trials_per_hour(work: Work, processes: int, patience: float = 600.0) -> float:
    """Return how many trials an hour so many processes train, from when all are warm until the last trial has ended.

    Raises:
        RuntimeError: a process has failed, or was not ready after ``patience`` seconds.
    """
    context = multiprocessing.get_context("spawn")
    ready, taken = context.Barrier(processes + 1, timeout=patience), context.Value("i", 0)
    started = [context.Process(target=_train, args=(work, ready, taken)) for _ in range(processes)]
    for process in started:
        process.start()
    began = 0.0
    with contextlib.suppress(threading.BrokenBarrierError):  # their exit codes say it better
        ready.wait()
        began = time.perf_counter()
    for process in started:
        process.join()
    if failed := [process.exitcode for process in started if process.exitcode]:
        raise RuntimeError(f"{len(failed)} of {processes} processes have failed, with exit code {failed[0]}")
    return work.trials / (time.perf_counter() - began) * 3600


def _train(work: Work, ready: Barrier, taken: Synchronized[int]) -> None:
    """Warm up by an epoch, then take trials until there are none."""
    torch.set_num_threads(1)
    try:
        data = work.images()
        next(fit(replace(work.config, epochs=1), data, device=work.device))
    except BaseException:
        ready.abort()  # or all others would wait
        raise
    ready.wait()
    while (number := _next(taken)) < work.trials:
        for _report in fit(replace(work.config, seed=number), data, device=work.device):
            pass


def _next(taken: Synchronized[int]) -> int:
    with taken.get_lock():
        taken.value += 1
        return taken.value - 1
