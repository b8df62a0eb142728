"""The registry of schedules: what each must be, whoever writes it.

A schedule is a pure function ``factor(step, steps, *, settings…) -> float``: what the optimizer's learning
rate is multiplied by at ``step`` (0 … steps - 1) of a horizon of ``steps`` optimizer steps. It has no state,
so that a trial that is continued, or stopped early, is exactly on the curve of its horizon.
"""

from __future__ import annotations

from collections.abc import Callable

from search.plan.registry import Registry

Factor = Callable[..., float]

schedules: Registry[Factor] = Registry("schedule")


def warmup_steps(warmup: float, steps: int) -> int:
    """Return how many of the steps warm up: the share rounded, and never all of them."""
    return min(round(warmup * steps), steps - 1)
