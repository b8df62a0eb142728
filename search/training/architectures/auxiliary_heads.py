"""torchvision's GoogLeNet and Inception v3 with auxiliary classifiers. It imports torchvision, so import it late."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional
from torchvision.models import GoogLeNet, Inception3  # type: ignore[import-untyped]
from torchvision.models import inception as parts

from search.training.auxiliary import WithAuxiliary

SIDE = 17
"""Pixels of the map that Inception v3's auxiliary classifier was published for; of less its layers leave nothing."""


class GoogLeNetWithAuxiliary(GoogLeNet):  # type: ignore[misc]
    """GoogLeNet whose two auxiliary classifiers speak in training mode; they average a map of any size to 4×4.

    Args:
        weight: of their losses.
        settings: of torchvision's class.
    """

    def __init__(self, weight: float, **settings: Any) -> None:
        super().__init__(aux_logits=True, **settings)
        self.weight = weight

    def forward(self, images: Tensor) -> Tensor | WithAuxiliary:
        """Return what it says of images (N, 3, H, W)."""
        return _said(super().forward(images), self.weight)


class InceptionWithAuxiliary(Inception3):  # type: ignore[misc]
    """Inception v3 whose auxiliary classifier speaks in training mode.

    Args:
        weight: of its loss.
        settings: of torchvision's class.
    """

    def __init__(self, weight: float, **settings: Any) -> None:
        names = ("BasicConv2d", *(f"Inception{letter}" for letter in "ABCDE"))
        blocks = [*(getattr(parts, name) for name in names), AnyMapAuxiliary]
        super().__init__(aux_logits=True, inception_blocks=blocks, **settings)
        self.weight = weight

    def forward(self, images: Tensor) -> Tensor | WithAuxiliary:
        """Return what it says of images (N, 3, H, W)."""
        return _said(super().forward(images), self.weight)


class AnyMapAuxiliary(parts.InceptionAux):  # type: ignore[misc]
    """Inception v3's auxiliary classifier; a map smaller than the published one is brought to its size first."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return logits (N, classes) of a map (N, C, h, w)."""
        height, width = (max(SIDE, side) for side in maps.shape[2:])
        logits: Tensor = super().forward(functional.adaptive_avg_pool2d(maps, (height, width)))
        return logits


MODELS: dict[str, type[GoogLeNetWithAuxiliary | InceptionWithAuxiliary]] = {
    "googlenet": GoogLeNetWithAuxiliary,
    "inception_v3": InceptionWithAuxiliary,
}
"""By torchvision's names of those without."""


def _said(found: Any, weight: float) -> Tensor | WithAuxiliary:
    """Return what torchvision's classes have returned, a named tuple in training mode, as ours."""
    if isinstance(found, Tensor):
        return found
    logits, *auxiliary = found
    return WithAuxiliary(logits, tuple(auxiliary), weight)
