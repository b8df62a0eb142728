"""Random contrast (torchvision's ``ColorJitter``, He et al. 2019, "Bag of tricks": 0.4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.gray import gray
from search.training.augmentations.kinds import Colour, Drawn, Shape, each, uniform
from search.training.augmentations.registry import augmentations


@augmentations.register("contrast")
@dataclass(frozen=True, kw_only=True)
class Contrast(Colour):
    """Move each image's pixels away from its mean gray, or towards it."""

    contrast: Annotated[
        float, Range(0, 1, "each image's factor is uniform from 1 - contrast to 1 + contrast")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the factors, (N,)."""
        return (uniform(count, 1 - self.contrast, 1 + self.contrast, generator),)

    def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images with more contrast or less."""
        return contrasted(images, drawn[0])


def contrasted(images: Tensor, factors: Tensor) -> Tensor:
    """Scale each image's distance from its mean gray, as torchvision's `adjust_contrast` does.

    Args:
        images: (N, C, H, W) float from 0 to 255.
        factors: (N,) float, 1 for as it is.
    """
    mean = gray(images).mean(dim=(1, 2, 3))
    factor = factors.to(images.dtype)
    return (images * each(factor)).add_(each((1 - factor) * mean)).clamp_(0, 255)
