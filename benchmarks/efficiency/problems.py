"""The problems by name: a task of LCBench is its number, recorded curves are `digits_` and the metric."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.efficiency.digits import SIGNS, Digits
from benchmarks.efficiency.problem import Problem

if TYPE_CHECKING:
    from benchmarks.efficiency.lcbench import Surrogate

RECORDED = tuple(f"digits_{metric}" for metric in SIGNS)

TASKS: Mapping[str, Mapping[str, float]] = json.loads(
    (Path(__file__).parents[1] / "data" / "lcbench_tasks.json").read_text(encoding="utf-8")
)
"""The tasks of LCBench that are looked at, each with its best and its median accuracy (benchmarks/data/README.md)."""


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


@cache
def _digits(name: str) -> Digits:
    return Digits(name.removeprefix("digits_"))


@cache
def _task(name: str, lcbench: Path) -> Problem:
    from benchmarks.efficiency.lcbench import LCBenchTask  # noqa: PLC0415 (as below)

    return LCBenchTask(_surrogate(lcbench), name, best=TASKS[name]["best"], median=TASKS[name]["median"])


@cache
def _surrogate(lcbench: Path) -> Surrogate:
    from benchmarks.efficiency.lcbench import Surrogate  # noqa: PLC0415 (onnxruntime is for LCBench alone)

    return Surrogate(lcbench)
