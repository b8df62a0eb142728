"""Cutout (DeVries and Taylor 2017): one black square per image at a random place, partly outside allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.boxes import inside
from search.training.augmentations.kinds import Drawn, Erasing, Shape
from search.training.augmentations.registry import augmentations


@augmentations.register("cutout")
@dataclass(frozen=True, kw_only=True)
class Cutout(Erasing):
    """Black out one square of each image, its centre uniform over the pixels."""

    cutout: Annotated[int, Range(0, 512, "side of the black square in pixels; 16 on CIFAR-10")] = 0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the squares' centres: rows and columns, (N,) int64 each."""
        device = generator.device
        rows = torch.randint(0, shape[1], (count,), generator=generator, device=device)
        columns = torch.randint(0, shape[2], (count,), generator=generator, device=device)
        return rows, columns

    def erased(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images without their squares."""
        top, left = (middle - self.cutout // 2 for middle in drawn)
        return images.masked_fill(inside(top, left, self.cutout, self.cutout, images), 0)
