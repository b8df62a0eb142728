"""RandAugment (Cubuk et al. 2020): so many operations for each image, all at one strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch

from search.plan.registry import Range
from search.training.augmentations.kinds import Drawn, Shape
from search.training.augmentations.operations import NAMES
from search.training.augmentations.policy import ListedOperations, narrow, with_signs
from search.training.augmentations.registry import augmentations

BINS = 31
"""Steps of the strength, 0 to 30, as in the paper and in torchvision."""


@augmentations.register("rand_augment")
@dataclass(frozen=True, kw_only=True)
class RandAugment(ListedOperations):
    """Do several operations with each image, drawn out of 14 with equal chances."""

    rand_augment: Annotated[int, Range(0, 5, "operations for each image; 2 on ImageNet; 0: off")] = 0
    rand_augment_magnitude: Annotated[
        int, Range(0, BINS - 1, "strength of all operations; 9 on ImageNet")
    ] = 9

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the operations' numbers and strengths, (N, operations) each."""
        device = generator.device
        known = NAMES.index("Invert")  # which is left out: the last
        numbers = torch.randint(0, known, (count, self.rand_augment), generator=generator, device=device)
        strengths = narrow(BINS, shape)[:, self.rand_augment_magnitude].to(device)
        return with_signs(numbers, strengths[numbers], generator)
