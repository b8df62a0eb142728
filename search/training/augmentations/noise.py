"""Gaussian noise on every pixel (Bishop 1995, "Training with noise is equivalent to Tikhonov regularization")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Colour, Drawn, Shape
from search.training.augmentations.registry import augmentations


@augmentations.register("noise")
@dataclass(frozen=True, kw_only=True)
class Noise(Colour):
    """Add to each pixel and channel its own draw of a normal distribution."""

    noise: Annotated[
        float, Range(0, 1, "standard deviation as a share of the range from black to white; torchvision: 0.1")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the noise, (N, C, H, W) of deviation 1."""
        return (torch.randn(count, *shape, generator=generator, device=generator.device),)

    def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images with noise."""
        return images.add(drawn[0].to(images.dtype), alpha=255 * self.noise).clamp_(0, 255)
