"""When each step began and ended, written down by the process that trains; the same marks for every contender.

A step is one call of `Training.__next__`: building the model at the first one, training and validating an epoch.
Whatever else a framework does (checkpoints, reports, decisions) lies between two steps.
"""

from __future__ import annotations

import functools
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from search.training.fit import Training
from search.training.report import Report

FOLDER = "OVERHEAD_MARKS"
"""The environment variable that names the folder for the marks."""


@dataclass(frozen=True)
class Mark:
    """One step: process, trial (its learning rate), epoch from 1; seconds since 1970, CPU seconds of the process."""

    process: int
    trial: float
    epoch: int
    began: float
    ended: float
    cpu_began: float
    cpu_ended: float


@dataclass(frozen=True)
class DriverCpu:
    """CPU seconds of the process that drives, and of the framework's other processes but the workers', over so
    many reports.
    """

    reports: int
    driver: float
    system: float


def mark_steps() -> None:
    """From now on this process marks every step of `fit`; a second call does nothing."""
    if hasattr(Training.__next__, "__wrapped__"):
        return
    path = Path(os.environ[FOLDER]) / f"marks-{os.getpid()}.jsonl"
    unmarked = Training.__next__

    @functools.wraps(unmarked)
    def marked(training: Training) -> Report:
        began, cpu_began = time.time(), time.process_time()
        report = unmarked(training)
        ended, cpu_ended = time.time(), time.process_time()
        trial = training.config.settings["learning_rate"]
        assert isinstance(trial, float)
        mark = Mark(os.getpid(), trial, report.epoch, began, ended, cpu_began, cpu_ended)
        with path.open("a") as file:
            file.write(json.dumps(asdict(mark)) + "\n")
        return report

    Training.__next__ = marked  # type: ignore[assignment, method-assign]


def read_marks(folder: Path) -> list[Mark]:
    """Return all marks below a folder, by the time when their steps began."""
    lines = [line for path in folder.glob("marks-*.jsonl") for line in path.read_text().splitlines()]
    return sorted((Mark(**json.loads(line)) for line in lines), key=lambda mark: mark.began)


class DriverClock:
    """Counts the reports that a driver takes, and the CPU time from the first to the last.

    Args:
        folder: where the result goes.
        reports: how many are expected; the clock stops at the last.
    """

    def __init__(self, folder: Path, reports: int) -> None:
        self._path = folder / "driver.json"
        self._expected = reports
        self._seen = 0
        self._driver = self._system = 0.0

    def report(self) -> None:
        """Take note of a report, when the driver has dealt with it."""
        self._seen += 1
        if self._seen == 1:
            self._driver, self._system = time.process_time(), _system_cpu()
        elif self._seen == self._expected:
            driver, system = time.process_time() - self._driver, _system_cpu() - self._system
            self._path.write_text(json.dumps(asdict(DriverCpu(self._seen - 1, driver, system))))


def read_driver(folder: Path) -> DriverCpu | None:
    """Return what a `DriverClock` wrote, or None where there is no driver."""
    path = folder / "driver.json"
    return DriverCpu(**json.loads(path.read_text())) if path.is_file() else None


def _system_cpu() -> float:
    """Return the CPU seconds of this process's descendants but Ray's workers, which are named `ray::…`."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        command = process.cmdline()
        if command and not command[0].startswith("ray::"):
            times = process.cpu_times()
            total += times.user + times.system
    return total
