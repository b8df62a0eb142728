"""Random parts of an image at full size (Szegedy et al. 2015, "Going deeper with convolutions", section 6)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Drawn, Shape, Warp
from search.training.augmentations.registry import augmentations
from search.training.augmentations.resampling import affine

TRIES = 10
"""Windows that are drawn for an image, as in torchvision: the first that fits is taken."""


@augmentations.register("resized_crop")
@dataclass(frozen=True, kw_only=True)
class ResizedCrop(Warp):
    """Enlarge a random window of each image to the size of the image.

    Its area is a uniform share of the image's, its ratio of width to height uniform on the logarithm. An image of which
    no window fits, in ten tries, stays as it is. What later warps move in from beyond the window is the image there.
    """

    stays_inside: ClassVar[bool] = True

    resized_crop: Annotated[
        float, Range(0, 1, "least share of the area that is kept; 0.08 on ImageNet; 0: off")
    ] = 0.0
    resized_crop_ratio: Annotated[
        float, Range(1, 4, "greatest ratio of the sides of the window; 4/3 in the paper")
    ] = 4 / 3

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the windows: width, height, left and top edge, (N,) each, in pixels."""
        chance = torch.rand(4, TRIES, count, generator=generator, device=generator.device)
        height, width = shape[1], shape[2]
        area = height * width * (self.resized_crop + (1 - self.resized_crop) * chance[0])
        ratio = torch.exp(math.log(self.resized_crop_ratio) * (2 * chance[1] - 1))
        across, down = (area * ratio).sqrt().round(), (area / ratio).sqrt().round()
        fits = (across <= width) & (down <= height) & (across > 0) & (down > 0)
        first = fits.to(torch.uint8).argmax(dim=0, keepdim=True)  # 0 where none does
        found = fits.any(dim=0)
        across = torch.where(found, across.gather(0, first)[0], float(width))
        down = torch.where(found, down.gather(0, first)[0], float(height))
        left = (chance[2, 0] * (width - across + 1)).floor()
        top = (chance[3, 0] * (height - down + 1)).floor()
        return across, down, left, top

    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return the maps onto the windows."""
        across, down, left, top = drawn
        middle_x = (2 * left + across) / shape[2] - 1  # the window's centre
        middle_y = (2 * top + down) / shape[1] - 1
        return affine((across / shape[2], 0, middle_x), (0, down / shape[1], middle_y), like=across)
