"""Random saturation (torchvision's ``ColorJitter``, He et al. 2019, "Bag of tricks": 0.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.gray import gray, is_colour
from search.training.augmentations.kinds import Colour, Drawn, Shape, each, uniform
from search.training.augmentations.registry import augmentations


@augmentations.register("saturation")
@dataclass(frozen=True, kw_only=True)
class Saturation(Colour):
    """Make each image's colours stronger or weaker; gray images stay as they are."""

    saturation: Annotated[
        float, Range(0, 1, "each image's factor is uniform from 1 - saturation to 1 + saturation")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the factors, (N,)."""
        return (uniform(count, 1 - self.saturation, 1 + self.saturation, generator),)

    def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images with stronger or weaker colours."""
        return saturated(images, drawn[0])


def saturated(images: Tensor, factors: Tensor) -> Tensor:
    """Scale each pixel's distance from its gray, as torchvision's `adjust_saturation` does.

    Args:
        images: (N, C, H, W) float from 0 to 255; other than 3 channels are returned as they are.
        factors: (N,) float, 1 for as it is.
    """
    if not is_colour(images):
        return images
    factor = each(factors.to(images.dtype))
    return (images * factor).add_(gray(images) * (1 - factor)).clamp_(0, 255)
