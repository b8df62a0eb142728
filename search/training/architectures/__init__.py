"""Architectures, one file per family. `architectures` is the registry that a plugin adds to."""

from search.training.architectures import cnn, lenet5, resnet, resnext, wide_resnet
from search.training.architectures.registry import Architecture, Build, architectures, check_shape

__all__ = [
    "Architecture",
    "Build",
    "architectures",
    "check_shape",
    "cnn",
    "lenet5",
    "resnet",
    "resnext",
    "wide_resnet",
]
