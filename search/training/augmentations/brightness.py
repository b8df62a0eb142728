"""Random brightness (torchvision's ``ColorJitter``, He et al. 2019, "Bag of tricks": 0.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Colour, Drawn, Shape, each, uniform
from search.training.augmentations.registry import augmentations


@augmentations.register("brightness")
@dataclass(frozen=True, kw_only=True)
class Brightness(Colour):
    """Make each image brighter or darker."""

    brightness: Annotated[
        float, Range(0, 1, "each image's factor is uniform from 1 - brightness to 1 + brightness")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the factors, (N,)."""
        return (uniform(count, 1 - self.brightness, 1 + self.brightness, generator),)

    def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images, brighter or darker."""
        return brightened(images, drawn[0])


def brightened(images: Tensor, factors: Tensor) -> Tensor:
    """Multiply each image, as torchvision's `adjust_brightness` does.

    Args:
        images: (N, C, H, W) float from 0 to 255.
        factors: (N,) float, 1 for as it is.
    """
    return (images * each(factors).to(images.dtype)).clamp_(0, 255)
