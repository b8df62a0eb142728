"""What RandAugment, TrivialAugment and AutoAugment have in common: each image gets operations out of a list."""

from __future__ import annotations

from functools import reduce

import torch
from torch import Tensor

from search.training.augmentations import operations
from search.training.augmentations.kinds import Drawn, Policy, Shape


class ListedOperations(Policy):
    """Operations by number, one after the other; drawn as numbers (N, L) int64 and strengths (N, L) float.

    The geometric ones are done first, in one resampling with everything else that is geometric.
    """

    def matrix(self, drawn: Drawn, shape: Shape) -> Tensor:
        """Return the maps of an image's geometric operations, composed."""
        numbers, strengths = drawn
        layers = [
            operations.moved(number, strength, shape)
            for number, strength in zip(numbers.unbind(1), strengths.unbind(1), strict=True)
        ]
        return reduce(torch.matmul, layers)

    def recoloured(self, images: Tensor, drawn: Drawn) -> Tensor:
        """Return the images after their other operations, in the order in which they were drawn."""
        numbers, strengths = drawn
        for number, strength in zip(numbers.unbind(1), strengths.unbind(1), strict=True):
            images = operations.recoloured(images, number, strength)
        return images


def narrow(bins: int, shape: Shape) -> Tensor:
    """Return the magnitudes of AutoAugment and RandAugment, (operations, bins): torchvision's.

    Args:
        bins: number of steps.
        shape: (C, H, W) of the images.
    """
    share = 150 / 331  # of an image's side: the greatest shift on the authors' own images
    shift = (share * shape[2], share * shape[1])
    return operations.magnitudes(bins, shear=0.3, shift=shift, rotate=30, blend=0.9, bits=4)


def with_signs(numbers: Tensor, strengths: Tensor, generator: torch.Generator) -> Drawn:
    """Return numbers, and strengths with a random sign where the operation has one; all (N, L).

    Args:
        numbers: of operations.
        strengths: on the same device, not negative.
        generator: there, too.
    """
    signs = 1 - 2 * torch.randint(0, 2, numbers.shape, generator=generator, device=generator.device)
    signed = (numbers > 0) & (numbers <= len(operations.SIGNED))
    return numbers, torch.where(signed, strengths * signs, strengths)
