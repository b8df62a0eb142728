"""One machine is shared out so that nothing waits for what is not there."""

from __future__ import annotations

import pytest

from search.plan.sections import ResourcesPlan
from search.tuning.resources import Allocation, Machine, allocate, processes

GIB = 2**30
LAPTOP = Machine(cpus=4, gpus=0, memory=16 * GIB)
BOX = Machine(cpus=16, gpus=2, memory=128 * GIB)


@pytest.mark.parametrize(
    ("wanted", "machine", "options", "expected"),
    [
        ({}, LAPTOP, {}, Allocation(1, 0, 4)),
        ({}, BOX, {}, Allocation(8, 1, 2)),
        ({"gpus": 0.5}, BOX, {}, Allocation(4, 0.5, 4)),
        ({"gpus": 0.6}, BOX, {}, Allocation(4, 0.6, 2)),
        ({"gpus": 0.0}, BOX, {}, Allocation(1, 0, 16)),
        ({"cpus": 2.0}, LAPTOP, {}, Allocation(2, 0, 2)),
        ({}, LAPTOP, {"concurrency": 3}, Allocation(1, 0, 3)),
        ({}, LAPTOP, {"concurrency": 30}, Allocation(1, 0, 4)),
        ({}, BOX, {"gpus_per_trial": 2.0}, Allocation(16, 2, 1)),
        ({}, Machine(64, 0, 6 * GIB), {}, Allocation(1, 0, 4)),
        ({"processes": 2}, LAPTOP, {}, Allocation(2, 0, 2)),
        ({"processes": 8}, LAPTOP, {}, Allocation(4, 0, 1)),
        ({"processes": 2}, Machine(64, 0, 6 * GIB), {}, Allocation(2, 0, 2)),
    ],
)
def test_shares(
    wanted: dict[str, float], machine: Machine, options: dict[str, float], expected: Allocation
) -> None:
    assert allocate(ResourcesPlan(**wanted), machine, **options) == expected  # type: ignore[arg-type]


def test_a_request_that_the_machine_cannot_hold_is_reduced_with_a_line_that_says_so() -> None:
    made = allocate(ResourcesPlan(cpus=8.0, gpus=1.0), LAPTOP)
    assert (made.cpus, made.gpus, made.workers) == (4, 0, 1)
    assert made.text() == (
        "1 GPUs a trial were asked for, but this machine has 0: reduced\n"
        "8 CPUs a trial were asked for, but this machine has 4: reduced\n"
        "1 trial at a time, 4 CPU each"
    )


@pytest.mark.parametrize(
    ("wanted", "gpus", "expected"),
    [
        ({}, 0.0, 1),
        ({}, 0.5, 1),
        ({}, 1.0, 1),
        ({}, 4.0, 4),
        ({"processes": 3}, 0.0, 3),
        ({"processes": 3}, 2.0, 2),
    ],
)
def test_each_gpu_of_a_trial_has_a_process(wanted: dict[str, int], gpus: float, expected: int) -> None:
    assert processes(ResourcesPlan(**wanted), gpus) == expected  # type: ignore[arg-type]
