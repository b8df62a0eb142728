"""The problems by name: a task of LCBench is its number, recorded curves are `digits_` and the metric."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.efficiency.digits import SIGNS, Digits
from benchmarks.efficiency.problem import Problem

if TYPE_CHECKING:
    from benchmarks.efficiency.lcbench import Surrogate

RECORDED = tuple(f"digits_{metric}" for metric in SIGNS)


def load(name: str, lcbench: Path | None) -> Problem:
    """Return a problem, loaded once in each process.

    Args:
        name: of the problem.
        lcbench: the folder of LCBench; may be None for recorded curves.

    Raises:
        ValueError: the name is a task, but no folder is given.
    """
    if name in RECORDED:
        return _digits(name)
    if lcbench is None:
        raise ValueError(f"{name}: `--lcbench DIR` is expected for a task of LCBench, but it is missing")
    return _task(name, lcbench)


def tasks(path: Path) -> list[str]:
    """Return the tasks that a file lists, one a line."""
    return path.read_text(encoding="utf-8").split()


@cache
def _digits(name: str) -> Digits:
    return Digits(name.removeprefix("digits_"))


@cache
def _task(name: str, lcbench: Path) -> Problem:
    from benchmarks.efficiency.lcbench import LCBenchTask  # noqa: PLC0415 (as below)

    return LCBenchTask(_surrogate(lcbench), name)


@cache
def _surrogate(lcbench: Path) -> Surrogate:
    from benchmarks.efficiency.lcbench import Surrogate  # noqa: PLC0415 (onnxruntime is for LCBench alone)

    return Surrogate(lcbench)
