"""What is timed: batches of 1 and of 32, with one thread and with all; and how many calls a slow model gets."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from search.winner import measure_latency as measuring
from search.winner.measure_latency import FEWEST, WARM_UP, machine, measure_latency, usable_cores


def test_each_batch_is_timed_with_one_thread_and_with_all(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int | None, int, int]] = []
    clock = iter(range(10**6))
    monkeypatch.setattr(measuring.time, "perf_counter", lambda: float(next(clock)))

    def opened(threads: int | None) -> measuring.Session:
        def run(images: npt.NDArray[Any]) -> npt.NDArray[Any]:
            seen.append((threads, len(images), torch.get_num_threads()))
            return images

        return run

    before = torch.get_num_threads()
    found = measure_latency(opened, np.zeros((3, 1, 8, 8), dtype=np.float32))
    cores = usable_cores()
    assert torch.get_num_threads() == before
    assert {(1, 1, 1), (1, 32, 1), (cores, 1, cores), (cores, 32, cores)} == set(seen)
    # Each call took one second by this clock, longer than a figure may take: the fewest calls are made.
    assert len(seen) == 4 * (WARM_UP + FEWEST)
    assert (found.latency_1, found.latency_32_all, found.threads) == (1.0, 1.0, cores)


def test_the_machine_is_named_with_its_cores() -> None:
    assert f"{usable_cores()} core" in machine()
