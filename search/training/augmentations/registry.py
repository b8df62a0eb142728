"""The registry of augmentations, and the settings that all of them share.

Write one file with a frozen dataclass of one of the kinds in `kinds.py`, register it by decorator, done; users
write its settings as ``augmentation.<name>``::

    @augmentations.register("dim")
    @dataclass(frozen=True, kw_only=True)
    class Dim(Colour):
        dim: Annotated[float, Range(0, 1, "greatest share of the light that is taken away")] = 0.0

        def draw(self, count, shape, generator):
            return (uniform(count, 1 - self.dim, 1, generator),)

        def coloured(self, images, drawn):
            return images * each(drawn[0])

The order of kinds is fixed: copies, warps in one resampling, the colours of policies, colours, erasing, mixing.
Within a kind the order of registration is the order of application.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from search.plan.registry import Doc, Registry
from search.training.augmentations.kinds import Augmentation, Fill

augmentations: Registry[Callable[..., Augmentation]] = Registry("augmentation")

PREFIX = "augmentation."


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What lies outside an image, for crops and warps: ``fill`` is black where nothing else is said (`Fill`)."""

    fill: Annotated[Fill, Doc("what lies outside an image: black, its nearest pixel, its mirror image")] = (
        "constant"
    )
