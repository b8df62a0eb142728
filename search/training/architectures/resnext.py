"""ResNeXt (Xie et al. 2017, "Aggregated residual transformations"), torchvision's own model classes."""

from __future__ import annotations

from torch import nn

from search.training.architectures.head import Dropout
from search.training.architectures.registry import architectures
from search.training.architectures.resnet import ZeroInit, residual
from search.training.architectures.stem import Stem

WEIGHTS = {
    "resnext50_32x4d": "ResNeXt50_32X4D_Weights",
    "resnext101_32x8d": "ResNeXt101_32X8D_Weights",
    "resnext101_64x4d": "ResNeXt101_64X4D_Weights",
}
"""Depth, groups and width of a group; and the weights."""


def _register(name: str) -> None:
    """Register a ResNeXt of a published name."""

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        stem: Stem = "auto",
        dropout: Dropout = 0.0,
        zero_init_residual: ZeroInit = False,
    ) -> nn.Module:
        return residual(
            name, shape, classes, stem=stem, dropout=dropout, zero_init_residual=zero_init_residual
        )

    build.__doc__ = f"Build {name} (Xie et al. 2017), with a 3×3 stem for small images and dropout."
    architectures.register(name, weights=WEIGHTS[name])(build)


for _name in WEIGHTS:
    _register(_name)
