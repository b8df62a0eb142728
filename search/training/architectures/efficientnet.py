"""EfficientNet (Tan and Le 2019) and EfficientNetV2 (Tan and Le 2021), torchvision's own model classes."""

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

DROPOUTS = {
    **dict.fromkeys(("b0", "b1"), 0.2),
    **dict.fromkeys(("b2", "b3"), 0.3),
    **dict.fromkeys(("b4", "b5"), 0.4),
    **dict.fromkeys(("b6", "b7"), 0.5),
    "v2_s": 0.2,
    "v2_m": 0.3,
    "v2_l": 0.4,
}
"""Each size and its published dropout."""


def _register(size: str) -> None:
    """Register ``efficientnet_<size>``."""
    name = f"efficientnet_{size}"

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        stem: Stem = "auto",
        stochastic_depth: Annotated[
            float, Range(0, 0.95, "chance that the last block is skipped for an image; earlier ones less")
        ] = 0.2,
        dropout: Dropout = DROPOUTS[size],
    ) -> nn.Module:
        return efficientnet(
            name, shape, classes, stem=stem, stochastic_depth=stochastic_depth, dropout=dropout
        )

    build.__doc__ = f"Build {name}, with a form for small images, stochastic depth and dropout."
    architectures.register(name, weights=f"EfficientNet_{size.upper()}_Weights")(build)


for _size in DROPOUTS:
    _register(_size)


def efficientnet(
    name: str,
    shape: tuple[int, int, int],
    classes: int,
    *,
    stem: Stem = "auto",
    stochastic_depth: float = 0.2,
    dropout: float = 0.2,
) -> nn.Module:
    """Build an EfficientNet of a published size.

    Args:
        name: torchvision's.
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        stem: ``imagenet`` is the published form, which divides the resolution by 32; ``small`` divides it by
            8, with the same weights; ``auto`` takes the small one below 96 pixels.
        stochastic_depth: chance that the last block's branch is left out for an image (Huang et al. 2016); it
            grows from 0 with the depth.
        dropout: share of features dropped before the last layer.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    small = takes_small_stem(name, shape, stem)
    model = published(name, classes, stochastic_depth_prob=stochastic_depth, dropout=dropout)
    if small:
        keep_resolution(model, KEPT)
    fit_first_convolution(model, shape[0])
    return model
