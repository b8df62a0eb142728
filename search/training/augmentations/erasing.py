"""Random erasing (Zhong et al. 2020): a rectangle of random size and shape, in some of the images."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.boxes import inside
from search.training.augmentations.kinds import Drawn, Erasing, Shape, uniform
from search.training.augmentations.registry import augmentations

LEAST_AREA = 0.02
"""Of the image, in the paper and in torchvision."""

RATIO = (0.3, 3.3)
"""Least and greatest ratio of height to width, likewise; uniform on the logarithm."""


@augmentations.register("erasing")
@dataclass(frozen=True, kw_only=True)
class RandomErasing(Erasing):
    """Black out a random rectangle inside each image with some probability.

    Its area is a uniform share of the image's, from 0.02 on. A rectangle that is longer than the image is cut to it.
    """

    erasing: Annotated[float, Range(0, 1, "probability for each image; 0.5 in the paper; 0: off")] = 0.0
    erasing_area: Annotated[
        float, Range(LEAST_AREA, 1, "greatest share of the image that is erased; 0.33 in torchvision")
    ] = 0.33

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw top, left, height and width, (N,) int64 each; both sizes are 0 where nothing is erased."""
        _, height, width = shape
        area = height * width * uniform(count, LEAST_AREA, self.erasing_area, generator)
        ratio = uniform(count, math.log(RATIO[0]), math.log(RATIO[1]), generator).exp()
        place = torch.rand(2, count, generator=generator, device=generator.device)
        erased = torch.rand(count, generator=generator, device=generator.device) < self.erasing
        rows = (area * ratio).sqrt().round().clamp(1, height)
        columns = (area / ratio).sqrt().round().clamp(1, width)
        top, left = (place[0] * (height - rows + 1)).floor(), (place[1] * (width - columns + 1)).floor()
        return top.long(), left.long(), rows.long() * erased, columns.long() * erased

    def erased(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images without their rectangles."""
        top, left, height, width = drawn
        return images.masked_fill(inside(top, left, height, width, images), 0)
