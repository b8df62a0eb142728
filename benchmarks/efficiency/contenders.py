"""The strategies that are compared, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec

from benchmarks.efficiency.clock import Strategy
from benchmarks.efficiency.hyperband import OptunaHyperband
from benchmarks.efficiency.problem import Problem
from benchmarks.efficiency.winnow import Winnow
from search.runs.memory import PastSearch

OURS = "winnow"
WARM = "winnow_warm"
"""Winnow with `--warm-start`; it needs earlier searches."""

BASELINES = ("random_asha", "random_asha_33", "stock", "optuna_hyperband", "syne_cqr")

Build = Callable[[Problem, int, int], Strategy]

# Ray takes seconds to import and Syne Tune may not be installed: each is imported where it is built.


def _stock(problem: Problem, workers: int, seed: int) -> Strategy:
    from benchmarks.efficiency.stock import stock  # noqa: PLC0415

    return stock(problem, seed=seed)


def _random_asha(problem: Problem, workers: int, seed: int) -> Strategy:
    from benchmarks.efficiency.stock import random_asha  # noqa: PLC0415

    return random_asha(problem, seed=seed)


def _syne_cqr(problem: Problem, workers: int, seed: int) -> Strategy:
    from benchmarks.efficiency.syne import SyneCQR  # noqa: PLC0415

    return SyneCQR(problem, seed=seed)


CONTENDERS: Mapping[str, Build] = {
    OURS: lambda problem, workers, seed: Winnow(problem, workers=workers, seed=seed),
    "random_asha": _random_asha,
    "random_asha_33": lambda problem, workers, seed: Winnow(
        problem, workers=workers, seed=seed, sampler="random"
    ),
    "stock": _stock,
    "optuna_hyperband": lambda problem, workers, seed: OptunaHyperband(problem, seed=seed),
    "syne_cqr": _syne_cqr,
}
"""By name, what builds a strategy from the problem, the number of workers and the seed.

`winnow:SAMPLER` stands for Winnow with another sampler.
"""


def known(name: str) -> bool:
    """Tell whether there is a contender of that name."""
    return name in CONTENDERS or name.startswith(f"{OURS}:")


def installed(name: str) -> bool:
    """Tell whether what a contender needs is installed."""
    return name != "syne_cqr" or find_spec("syne_tune") is not None


def build(
    name: str, problem: Problem, *, workers: int, seed: int, past: Sequence[PastSearch] = ()
) -> Strategy:
    """Return a contender.

    Args:
        name: of the contender.
        problem: that it searches.
        workers: at once.
        seed: of the strategy.
        past: earlier searches; for `WARM` alone.
    """
    if name == WARM:
        return Winnow(problem, workers=workers, seed=seed, past=past)
    if name.startswith(f"{OURS}:"):
        return Winnow(problem, workers=workers, seed=seed, sampler=name.removeprefix(f"{OURS}:"))
    return CONTENDERS[name](problem, workers, seed)
