"""ConvNeXt (Liu et al. 2022, "A ConvNet for the 2020s"), torchvision's own model class with small patches."""

from __future__ import annotations

from typing import Annotated, Literal

from torch import nn

from search.plan.registry import Doc, Range
from search.training.architectures.head import Dropout, drop_before
from search.training.architectures.published import published
from search.training.architectures.registry import SMALLEST, architectures, check_shape
from search.training.architectures.stem import SMALL_IMAGE, fit_first_convolution

Patch = Annotated[
    Literal["auto", 1, 2, 4], Doc("side of the first layer's patches in pixels; auto: 1 to 4, by the images")
]

PUBLISHED = 4
STAGES = 8  # what the stages behind the stem divide the resolution by

STOCHASTIC_DEPTHS = {"tiny": 0.1, "small": 0.4, "base": 0.5, "large": 0.5}
"""Each size and its published stochastic depth on ImageNet-1k (table 5)."""


def _register(size: str) -> None:
    """Register ``convnext_<size>``."""
    name = f"convnext_{size}"

    def build(
        shape: tuple[int, int, int],
        classes: int,
        *,
        patch_size: Patch = "auto",
        stochastic_depth: Annotated[
            float, Range(0, 0.95, "chance that the last block is skipped for an image; earlier ones less")
        ] = STOCHASTIC_DEPTHS[size],
        dropout: Dropout = 0.0,
    ) -> nn.Module:
        return convnext(
            name, shape, classes, patch_size=patch_size, stochastic_depth=stochastic_depth, dropout=dropout
        )

    build.__doc__ = f"Build {name} (Liu et al. 2022), with small patches for small images."
    architectures.register(name, weights=f"ConvNeXt_{size.capitalize()}_Weights")(build)


for _size in STOCHASTIC_DEPTHS:
    _register(_size)


def convnext(
    name: str,
    shape: tuple[int, int, int],
    classes: int,
    *,
    patch_size: Patch = "auto",
    stochastic_depth: float = 0.1,
    dropout: float = 0.0,
) -> nn.Module:
    """Build a ConvNeXt of a published size.

    Args:
        name: torchvision's.
        shape: (channels, height, width) of an image.
        classes: the number of logits.
        patch_size: side in pixels of what the first convolution sees at once; the sides of the images must be 8
            times as long. ``auto`` is the published 4 from 96 pixels up, 2 from 16 up, else 1.
        stochastic_depth: chance that the last block's branch is left out for an image (Huang et al. 2016); it
            grows from 0 with the depth.
        dropout: share of features dropped before the last layer; the paper has none.

    Returns:
        A module from (N, C, H, W) to logits (N, classes).

    Raises:
        SettingsError: images that it cannot take.
    """
    patch = _patch(min(shape[1:])) if patch_size == "auto" else patch_size
    check_shape(name, shape, max(SMALLEST, STAGES * patch))
    model = published(name, classes, stochastic_depth_prob=stochastic_depth)
    other = None if patch == PUBLISHED else patch
    fit_first_convolution(model, shape[0], kernel_size=other, stride=patch, padding=0)
    drop_before(model, "classifier.2", dropout)
    return model


def _patch(side: int) -> int:
    if side >= SMALL_IMAGE:
        return PUBLISHED
    return 2 if side >= 2 * STAGES else 1
