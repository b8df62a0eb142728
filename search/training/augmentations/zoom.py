"""Random zoom about the centre (Keras' ``zoom_range``, torchvision's ``scale``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Drawn, Shape, Warp, uniform
from search.training.augmentations.registry import augmentations
from search.training.augmentations.resampling import affine


@augmentations.register("zoom")
@dataclass(frozen=True, kw_only=True)
class Zoom(Warp):
    """Enlarge or shrink each image about its centre, both directions alike."""

    zoom: Annotated[float, Range(0, 0.9, "each image's factor is uniform from 1 - zoom to 1 + zoom")] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the factors, (N,): above 1 things become larger."""
        return (uniform(count, 1 - self.zoom, 1 + self.zoom, generator),)

    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return the maps."""
        shrunk = 1 / drawn[0]
        return affine((shrunk, 0, 0), (0, shrunk, 0), like=shrunk)
