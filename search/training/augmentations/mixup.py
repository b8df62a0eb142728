"""Mixup (Zhang et al. 2018): two images and their labels, averaged with a random weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations.kinds import Drawn, Mixing, Shape, each
from search.training.augmentations.registry import augmentations
from search.training.augmentations.shares import beta


@augmentations.register("mixup")
@dataclass(frozen=True, kw_only=True)
class Mixup(Mixing):
    """Average each image with another one of the batch, and their labels with the same weight."""

    mixup: Annotated[
        float, Range(0, 10, "alpha of the weights' Beta distribution; 0.2 on ImageNet, 1 on CIFAR; 0: off")
    ] = 0.0

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw each image's own weight, (N,)."""
        return (beta(count, self.mixup, generator),)

    def mixed(self, images: Tensor, others: Tensor, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """Return the averages, uint8 rounded, and the weights."""
        kept = each(drawn[0])
        if images.is_floating_point():
            return torch.lerp(others, images, kept.to(images.dtype)), drawn[0]
        return torch.lerp(others.float(), images.float(), kept).round_().to(images.dtype), drawn[0]
