"""Schedules of the learning rate, one file each. `schedules` is the registry that a plugin adds to."""

from search.training.schedules import constant, cosine, one_cycle
from search.training.schedules.registry import Factor, schedules

__all__ = ["Factor", "constant", "cosine", "one_cycle", "schedules"]
