"""Random Gaussian blur (Chen et al. 2020, SimCLR, appendix A: deviations from 0.1 to 2 pixels at 224 × 224)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Colour, Drawn, Shape, uniform
from search.training.augmentations.registry import augmentations

SHARPEST = 0.1
"""Deviation in pixels at which an image is practically as it was."""

REACH = 3
"""Deviations at which the bell is cut off; 0.3 % of it lies beyond."""


@augmentations.register("blur")
@dataclass(frozen=True, kw_only=True)
class Blur(Colour):
    """Blur each image by a bell of its own width; beyond the edge it goes on as its mirror image."""

    blur: Annotated[
        float, Range(0, 10, "greatest deviation in pixels; each image's is uniform from 0.1 to it")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the deviations in pixels, (N,)."""
        return (uniform(count, min(SHARPEST, self.blur), self.blur, generator),)

    def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images, blurred."""
        return blurred(images, drawn[0], radius=math.ceil(REACH * self.blur))


def blurred(images: Tensor, deviations: Tensor, *, radius: int) -> Tensor:
    """Blur each image with its own bell, as torchvision's `gaussian_blur` with 2·radius + 1 pixels does.

    The blur of rows and that of columns are two matrices for each image, so that a batch is two batched products
    instead of a convolution with a kernel of its own for each image.

    Args:
        images: (N, C, H, W) float.
        deviations: (N,) float, in pixels, above 0.
        radius: pixels on each side of the bell; cut to what an image can mirror, its side - 1.
    """
    rows, columns = (_bells(deviations.to(images.dtype), size, radius) for size in images.shape[2:])
    return torch.matmul(torch.matmul(rows[:, None], images), columns[:, None].transpose(2, 3))


def _bells(deviations: Tensor, size: int, radius: int) -> Tensor:
    """Return (N, size, size): with which weight each pixel (column) goes into each blurred one (row)."""
    reach = min(radius, size - 1)
    taps = torch.arange(-reach, reach + 1, device=deviations.device)
    weights = torch.exp(-0.5 * (taps / deviations[:, None]).square())
    weights = weights / weights.sum(dim=1, keepdim=True)  # (N, taps)
    pixels = torch.arange(size, device=deviations.device)
    sources = (pixels[:, None] + taps).abs()  # (size, taps), mirrored at the first pixel and then at the last
    sources = torch.minimum(sources, 2 * (size - 1) - sources)
    at = torch.nn.functional.one_hot(sources, size).to(deviations.dtype)  # (size, taps, size)
    return torch.einsum("nt,its->nis", weights, at)
