"""Optimizers, one file each. `optimizers` is the registry that a plugin adds to."""

from search.training.optimizers import adagrad, adam, adamw, lion, muon, nadam, rmsprop, sgd
from search.training.optimizers.registry import Build, LearningRate, decay_groups, optimizers

__all__ = [
    "Build",
    "LearningRate",
    "adagrad",
    "adam",
    "adamw",
    "decay_groups",
    "lion",
    "muon",
    "nadam",
    "optimizers",
    "rmsprop",
    "sgd",
]
