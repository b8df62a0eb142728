"""TrivialAugment (Müller and Hutter 2021): one operation for each image, of any strength; nothing to tune."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch

from search.plan.registry import Doc
from search.training.augmentations.kinds import Drawn, Shape
from search.training.augmentations.operations import NAMES, magnitudes
from search.training.augmentations.policy import ListedOperations, with_signs
from search.training.augmentations.registry import augmentations

BINS = 31
"""Steps of the strength, as in the paper and in torchvision."""


@augmentations.register("trivial_augment")
@dataclass(frozen=True, kw_only=True)
class TrivialAugment(ListedOperations):
    """Do one operation with each image, drawn out of 14, its strength out of the paper's wide range."""

    trivial_augment: Annotated[bool, Doc("one operation for each image, out of 14, of any strength")] = False

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the operations' numbers and strengths, (N, 1) each."""
        device = generator.device
        known = NAMES.index("Invert")  # which is left out: the last
        numbers = torch.randint(0, known, (count, 1), generator=generator, device=device)
        steps = torch.randint(0, BINS, (count, 1), generator=generator, device=device)
        wide = magnitudes(BINS, shear=0.99, shift=(32, 32), rotate=135, blend=0.99, bits=6).to(device)
        return with_signs(numbers, wide[numbers, steps], generator)
