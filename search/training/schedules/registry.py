"""The registry of schedules: what each must be, whoever writes it.

A schedule is a pure function ``factor(step, steps, *, settings…) -> float``: what the optimizer's learning
rate is multiplied by at ``step`` (0 … steps - 1) of a horizon of ``steps`` optimizer steps. It has no state,
so that a trial that is continued, or stopped early, is exactly on the curve of its horizon. One that looks at the
validation images has a third argument, ``factor(step, steps, past, *, settings…)``: the values of all finished epochs,
the first one first, less is better.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated

from search.plan.registry import Range, Registry

Factor = Callable[..., float]

schedules: Registry[Factor] = Registry("schedule")

Warmup = Annotated[float, Range(0, 0.9, "share of the steps that rise linearly from 0")]

DropFactor = Annotated[float, Range(1e-6, 1, "what a drop multiplies the learning rate by")]


def warmup_steps(warmup: float, steps: int) -> int:
    """Return how many of the steps warm up: the share rounded, and never all of them."""
    return min(round(warmup * steps), steps - 1)


def after_warmup(step: int, steps: int, warmup: float, decay: Callable[[int, int], float]) -> float:
    """Let the learning rate rise linearly (Goyal et al. 2017), then follow a curve over the steps that are left.

    Args:
        step: from 0 to steps - 1.
        steps: the horizon in optimizer steps.
        warmup: share of the steps that rise.
        decay: returns the factor after so many (from 0) of so many steps (at least 1).

    Returns:
        The factor, above 0 while it rises.
    """
    rising = warmup_steps(warmup, steps)
    if step < rising:
        return (step + 1) / (rising + 1)
    return decay(step - rising, steps - rising)


def with_past(schedule: Factor) -> Callable[[int, int, Sequence[float]], float]:
    """Return a schedule as a function of (step, steps, past), whether it looks at the past or not."""
    arguments = inspect.signature(schedule).parameters.values()
    positional = [each for each in arguments if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    if len(positional) > 2:
        return schedule
    return lambda step, steps, _past: schedule(step, steps)
