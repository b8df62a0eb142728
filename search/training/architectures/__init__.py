"""Architectures, one file per family. `architectures` is the registry that a plugin adds to."""

from search.training.architectures import (
    alexnet,
    cnn,
    convnext,
    densenet,
    efficientnet,
    fast_resnet,
    from_timm,
    googlenet,
    inception,
    lenet5,
    mobilenet,
    resnet,
    resnext,
    vgg,
    vit,
    wide_resnet,
)
from search.training.architectures.registry import Architecture, Build, architectures, check_shape

__all__ = [
    "Architecture",
    "Build",
    "alexnet",
    "architectures",
    "check_shape",
    "cnn",
    "convnext",
    "densenet",
    "efficientnet",
    "fast_resnet",
    "from_timm",
    "googlenet",
    "inception",
    "lenet5",
    "mobilenet",
    "resnet",
    "resnext",
    "vgg",
    "vit",
    "wide_resnet",
]
