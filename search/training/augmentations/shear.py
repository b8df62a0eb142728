"""Random shears along the rows (Simard et al. 2003; Keras' and torchvision's ``shear``, in degrees)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Drawn, Shape, Warp, uniform
from search.training.augmentations.registry import augmentations
from search.training.augmentations.resampling import affine


@augmentations.register("shear")
@dataclass(frozen=True, kw_only=True)
class Shear(Warp):
    """Slant each image to the left or to the right about its centre."""

    shear: Annotated[
        float, Range(0, 80, "greatest angle in degrees between a slanted column and the vertical, within ±")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the angles in degrees, (N,)."""
        return (uniform(count, -self.shear, self.shear, generator),)

    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return the maps: every row is moved by its distance from the middle times the tangent."""
        slant = (drawn[0] * (math.pi / 180)).tan() * (shape[1] / shape[2])
        return affine((1, slant, 0), (0, 1, 0), like=slant)
