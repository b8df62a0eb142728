"""Optimizers, one file each. `optimizers` is the registry that a plugin adds to."""

from search.training.optimizers import adam, adamw, sgd
from search.training.optimizers.registry import Build, decay_groups, optimizers

__all__ = ["Build", "adam", "adamw", "decay_groups", "optimizers", "sgd"]
