"""MobileNet v2 and v3 (Sandler et al. 2018, Howard et al. 2019), torchvision's own model classes."""

from __future__ import annotations

from typing import Annotated

from torch import nn

from search.plan.registry import Range
from search.training.architectures.head import Dropout
from search.training.architectures.published import published
from search.training.architectures.registry import architectures
from search.training.architectures.stem import (
    KEPT,
    Stem,
    fit_first_convolution,
    keep_resolution,
    takes_small_stem,
)

WEIGHTS = {
    "mobilenet_v3_small": "MobileNet_V3_Small_Weights",
    "mobilenet_v3_large": "MobileNet_V3_Large_Weights",
    "mobilenet_v2": "MobileNet_V2_Weights",
}


def _register(name: str) -> None:
    """Register a MobileNet of a published name."""

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        stem: Stem = "auto",
        width_multiplier: Annotated[
            float, Range(0.1, 4, "times the published number of channels; rounded to eights")
        ] = 1.0,
        dropout: Dropout = 0.2,
    ) -> nn.Module:
        return mobilenet(name, shape, classes, stem=stem, width_multiplier=width_multiplier, dropout=dropout)

    build.__doc__ = f"Build {name}, with a form for small images, width and dropout."
    architectures.register(name, weights=WEIGHTS[name])(build)


for _name in WEIGHTS:
    _register(_name)


def mobilenet(
    name: str,
    shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "auto",
    width_multiplier: float = 1.0,
    dropout: float = 0.2,
) -> nn.Module:
    """Build a MobileNet.

    Args:
        name: torchvision's.
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        stem: ``imagenet`` is the published form, which divides the resolution by 32; ``small`` divides it by
            8, with the same weights; ``auto`` takes the small one below 96 pixels.
        width_multiplier: times the published number of channels (Howard et al. 2017, section 3.3).
        dropout: share of features dropped before the last layer; 0.2 is published.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    small = takes_small_stem(name, shape, stem)
    model = published(name, classes, width_mult=width_multiplier, dropout=dropout)
    if small:
        keep_resolution(model, KEPT)
    fit_first_convolution(model, shape[0])
    return model
