"""Random rotations about the centre (Simard et al. 2003, "Best practices", distorted MNIST so)."""

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


@augmentations.register("rotation")
@dataclass(frozen=True, kw_only=True)
class Rotation(Warp):
    """Rotate each image about its centre by a random angle."""

    rotation: Annotated[
        float, Range(0, 180, "greatest angle in degrees; each image's is uniform within ±")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the angles in degrees, (N,)."""
        return (uniform(count, -self.rotation, self.rotation, generator),)

    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return the maps of the rotations, as `turn` does."""
        return turn(drawn[0], shape)


def turn(degrees: Tensor, shape: Shape) -> Tensor:
    """Return the map of a rotation about the centre, counter-clockwise.

    Args:
        degrees: (N,) float.
        shape: (C, H, W) of the images.

    Returns:
        (N, 3, 3), as `Warp.matrix`.
    """
    radians = degrees * (math.pi / 180)
    cosine, sine = radians.cos(), radians.sin()
    # In units of half the side, so the sine is stretched where the image is not square.
    return affine(
        (cosine, -(sine * (shape[1] / shape[2])), 0), (sine * (shape[2] / shape[1]), cosine, 0), like=degrees
    )
