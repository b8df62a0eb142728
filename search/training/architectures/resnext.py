"""ResNeXt (Xie et al. 2017, "Aggregated residual transformations"), torchvision's own model classes."""

from __future__ import annotations

from search.training.architectures.resnet import register_residual

WEIGHTS = {
    "resnext50_32x4d": "ResNeXt50_32X4D_Weights",
    "resnext101_32x8d": "ResNeXt101_32X8D_Weights",
    "resnext101_64x4d": "ResNeXt101_64X4D_Weights",
}
"""Depth, groups and width of a group; and the weights."""

for _name, _weights in WEIGHTS.items():
    register_residual(_name, f"{_name} (Xie et al. 2017)", weights=_weights, family="resnext")
