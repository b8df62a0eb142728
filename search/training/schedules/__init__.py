"""Schedules of the learning rate, one file each. `schedules` is the registry that a plugin adds to."""

from search.training.schedules import (
    constant,
    cosine,
    exponential,
    linear,
    multi_step,
    one_cycle,
    plateau,
    step,
)
from search.training.schedules.registry import Factor, schedules, with_past

__all__ = [
    "Factor",
    "constant",
    "cosine",
    "exponential",
    "linear",
    "multi_step",
    "one_cycle",
    "plateau",
    "schedules",
    "step",
    "with_past",
]
