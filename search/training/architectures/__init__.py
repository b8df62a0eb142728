"""Architectures, one file per family. `architectures` is the registry that a plugin adds to."""

from search.training.architectures import cnn, lenet5, resnet
from search.training.architectures.registry import Build, architectures, check_shape

__all__ = ["Build", "architectures", "check_shape", "cnn", "lenet5", "resnet"]
