"""AutoAugment (Cubuk et al. 2019): policies that were learned on CIFAR-10, ImageNet and SVHN."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

import torch
from torch import Tensor

from search.plan.registry import Doc
from search.training.augmentations.kinds import Drawn, Shape
from search.training.augmentations.operations import NAMES
from search.training.augmentations.policy import ListedOperations, narrow, with_signs
from search.training.augmentations.registry import augmentations

BINS = 10
"""Steps of the strength in the paper."""


@augmentations.register("auto_augment")
@dataclass(frozen=True, kw_only=True)
class AutoAugment(ListedOperations):
    """Do two operations with each image, each with its probability: one of 25 learned pairs."""

    auto_augment: Annotated[
        Literal[False, "cifar10", "imagenet", "svhn"],
        Doc("one of 25 pairs of operations for each image, learned on"),
    ] = False

    def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
        """Draw the operations' numbers and strengths, (N, 2) each."""
        device = generator.device
        numbers, chances, steps = (table.to(device) for table in policies(str(self.auto_augment)))
        pairs = torch.randint(0, len(numbers), (count,), generator=generator, device=device)
        done = torch.rand(count, 2, generator=generator, device=device) <= chances[pairs]
        chosen = torch.where(done, numbers[pairs], 0)
        strengths = narrow(BINS, shape).to(device)[chosen, steps[pairs]]
        return with_signs(chosen, strengths, generator)


@cache
def policies(name: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return a policy's pairs as torchvision lists them: operations, probabilities and steps, (25, 2) each.

    Args:
        name: ``cifar10``, ``imagenet`` or ``svhn``.
    """
    from torchvision.transforms import autoaugment  # type: ignore[import-untyped]  # noqa: PLC0415 - takes seconds

    listed = autoaugment.AutoAugment(autoaugment.AutoAugmentPolicy(name)).policies
    numbers = torch.tensor([[NAMES.index(operation) for operation, _, _ in pair] for pair in listed])
    chances = torch.tensor([[chance for _, chance, _ in pair] for pair in listed])
    steps = torch.tensor([[step or 0 for _, _, step in pair] for pair in listed])
    return numbers, chances, steps
