"""The registry of augmentations: what each must be, and how the ones that are on become one function.

An augmentation is a function ``augment(images, generator, *, <name>=…) -> images``. ``images`` is a whole
batch (N, C, H, W), uint8 from 0 to 255 or float, not yet normalised, in any memory format; shape and dtype
are kept, the batch is never changed in place. Everything random is drawn per image, from the generator and
from nothing else; it lives on the images' device and is part of the checkpoint. The setting of the
augmentation's own name is its strength, and 0 or false means off; users write it as ``augmentation.<name>``.
Pixels that come in from outside are black. They are applied in the order of registration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import torch
from torch import Tensor

from search.plan.registry import Registry
from search.plan.trial_config import Value

Augment = Callable[..., Tensor]

augmentations: Registry[Augment] = Registry("augmentation")

PREFIX = "augmentation."


def pipeline(settings: Mapping[str, Value]) -> Callable[[Tensor, torch.Generator], Tensor]:
    """Join the augmentations that are on into one function of a batch and a generator.

    Args:
        settings: of a trial, flat; only names that begin with ``augmentation.`` matter here.

    Returns:
        A function from (images, generator) to images; where all are off, the identity, which draws nothing.
    """
    own = {name.removeprefix(PREFIX): value for name, value in settings.items() if name.startswith(PREFIX)}
    active = [partial(entry.build, **entry.arguments(own)) for entry in augmentations if own.get(entry.name)]

    def apply(images: Tensor, generator: torch.Generator) -> Tensor:
        for augment in active:
            images = augment(images, generator)
        return images

    return apply
