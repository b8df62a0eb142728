"""Random mirror images, top for bottom, for images without an up: satellites, microscopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Doc
from search.training.augmentations.flip import flip_where
from search.training.augmentations.kinds import Copy, Drawn, Fill, Shape
from search.training.augmentations.registry import augmentations


@augmentations.register("vertical_flip")
@dataclass(frozen=True, kw_only=True)
class VerticalFlip(Copy):
    """Mirror each image top for bottom with probability one half."""

    vertical_flip: Annotated[bool, Doc("top for bottom, half of the images")] = False

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw which images are mirrored, (N,) bool."""
        return (torch.rand(count, generator=generator, device=generator.device) < 0.5,)

    def copied(self, images: Tensor, drawn: Drawn, fill: Fill) -> Tensor:
        """Return the images, some of them mirrored."""
        return flip_where(images, drawn[0], dimension=1)
