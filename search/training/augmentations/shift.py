"""Random shifts by parts of a pixel (Keras' ``width_shift_range`` and ``height_shift_range``).

`crop` shifts by whole pixels, which is a copy and blurs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Drawn, Shape, Warp, uniform
from search.training.augmentations.registry import augmentations
from search.training.augmentations.resampling import affine


@augmentations.register("horizontal_shift")
@dataclass(frozen=True, kw_only=True)
class HorizontalShift(Warp):
    """Shift each image to the left or to the right."""

    horizontal_shift: Annotated[float, Range(0, 1, "greatest shift as a share of the width, within ±")] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the shifts to the right as shares of the width, (N,)."""
        return (uniform(count, -self.horizontal_shift, self.horizontal_shift, generator),)

    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return the maps."""
        return affine((1, 0, -2 * drawn[0]), (0, 1, 0), like=drawn[0])


@augmentations.register("vertical_shift")
@dataclass(frozen=True, kw_only=True)
class VerticalShift(Warp):
    """Shift each image up or down."""

    vertical_shift: Annotated[float, Range(0, 1, "greatest shift as a share of the height, within ±")] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the shifts downwards as shares of the height, (N,)."""
        return (uniform(count, -self.vertical_shift, self.vertical_shift, generator),)

    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return the maps."""
        return affine((1, 0, 0), (0, 1, -2 * drawn[0]), like=drawn[0])
