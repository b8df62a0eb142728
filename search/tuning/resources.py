"""How many trials run at once, and what each of them gets."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path

import torch

from search.plan.sections import ResourcesPlan

MEMORY_PER_WORKER = 1.5 * 2**30
"""Bytes that a worker takes with torch and a small data set loaded (0.7 GiB measured), and room to train."""


CONTROL_GROUP = Path("/sys/fs/cgroup")
"""Where Linux keeps the limits of a container."""


@dataclass(frozen=True)
class Machine:
    """What this machine has; memory in bytes."""

    cpus: int
    gpus: int
    memory: int


@dataclass(frozen=True)
class Allocation:
    """CPUs and GPUs a trial gets, how many trials run at once, and what was reduced, in words."""

    cpus: float
    gpus: float
    workers: int
    notes: tuple[str, ...] = ()

    @property
    def whole_gpus(self) -> int:
        """How many GPUs are in use: a share never lies on two of them."""
        if 0 < self.gpus < 1:
            return math.ceil(self.workers / int(1 / self.gpus))
        return int(self.gpus) * self.workers

    def text(self) -> str:
        """Return this in words, what was reduced first."""
        trials = f"{self.workers} trials at once" if self.workers > 1 else "1 trial at a time"
        share = f"{self.cpus:g} CPU" + (f" and {self.gpus:g} GPU" if self.gpus else "")
        return "\n".join([*self.notes, f"{trials}, {share} each"])


def this_machine() -> Machine:
    """Look at the machine: the CPUs and the memory that this process may use, also in a container; its GPUs."""
    cpus = len(os.sched_getaffinity(0))
    quota, period = [*_limit("cpu.max"), "", ""][:2]
    if quota.isdecimal() and period.isdecimal():
        cpus = min(cpus, max(1, int(quota) // int(period)))
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    most = [*_limit("memory.max"), ""][0]
    return Machine(cpus, torch.cuda.device_count(), min(memory, int(most)) if most.isdecimal() else memory)


def _limit(name: str) -> list[str]:
    """Return the words of a control group's limit; none where there is no such file."""
    try:
        return (CONTROL_GROUP / name).read_text(encoding="utf-8").split()
    except OSError:
        return []


def allocate(
    wanted: ResourcesPlan,
    machine: Machine,
    *,
    concurrency: int | None = None,
    gpus_per_trial: float | None = None,
) -> Allocation:
    """Share one machine out.

    Without wishes (`resources: auto`) a trial gets a GPU where there are some, else a CPU core: several small
    trials side by side use a CPU better than one trial with several threads.

    Args:
        wanted: of the plan; what it leaves open is decided here.
        machine: what there is.
        concurrency: the most trials at once; None: as many as fit.
        gpus_per_trial: overrides the plan.
    """
    notes: list[str] = []
    gpus = _gpus(wanted, machine, gpus_per_trial, notes)
    cpus = _cpus(wanted, machine, gpus, notes)
    places = _places(machine, gpus)
    each = MEMORY_PER_WORKER * processes(wanted, gpus)
    workers = min(places, int(machine.cpus / cpus), max(1, int(machine.memory / each)))
    return Allocation(cpus, gpus, max(1, min(workers, concurrency or workers)), tuple(notes))


def processes(wanted: ResourcesPlan, gpus: float) -> int:
    """Return how many processes train a trial: one for each of its GPUs, or as many as the plan wants on the CPU.

    Args:
        wanted: of the plan.
        gpus: that the trial has: 0, a share of one, or whole ones.
    """
    return max(1, int(gpus)) if gpus else wanted.processes


def _places(machine: Machine, gpus: float) -> int:
    """Return how many trials the GPUs hold: a share never lies on two of them."""
    if not gpus:
        return machine.cpus
    return machine.gpus * int(1 / gpus) if gpus < 1 else int(machine.gpus / gpus)


def _gpus(wanted: ResourcesPlan, machine: Machine, gpus_per_trial: float | None, notes: list[str]) -> float:
    asked = gpus_per_trial if gpus_per_trial is not None else wanted.gpus
    if asked is None:
        return 1.0 if machine.gpus else 0.0
    if asked > machine.gpus:
        notes.append(f"{asked:g} GPUs a trial were asked for, but this machine has {machine.gpus}: reduced")
        return float(machine.gpus)
    return asked


def _cpus(wanted: ResourcesPlan, machine: Machine, gpus: float, notes: list[str]) -> float:
    if wanted.cpus is None:
        return max(1, machine.cpus * gpus // machine.gpus) if gpus else min(wanted.processes, machine.cpus)
    if wanted.cpus > machine.cpus:
        notes.append(
            f"{wanted.cpus:g} CPUs a trial were asked for, but this machine has {machine.cpus}: reduced"
        )
        return machine.cpus
    return wanted.cpus
