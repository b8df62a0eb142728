"""The registry of architectures: what each must be, whoever writes it.

An architecture is a function ``build(shape, classes, *, settings…) -> nn.Module``. ``shape`` is (C, H, W) of
one image. The module maps float images (N, C, H, W), normalised, to logits (N, classes), for every H and W
from 8 up. It is built on the current default device, so that the meta device yields its cost without memory.
Dropout is the module's own, drawn from torch's global generator, and off in `eval()`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from torch import nn

from search.plan.registry import Entry, Registry
from search.training.errors import SettingsError

Build = Callable[..., nn.Module]

SMALLEST = 8


@dataclass(frozen=True)
class Architecture(Entry[Build]):
    """A registered architecture.

    ``weights`` names the enum of torchvision's published weights (``ResNet18_Weights``) whose names of
    parameters are this module's own, head included; None where torchvision has none.
    """

    weights: str | None = None


class Architectures(Registry[Build]):
    """Architectures by name."""

    def register(self, name: str, *, weights: str | None = None) -> Callable[[Build], Build]:
        """Register the decorated function under a name.

        Args:
            name: what a space calls it.
            weights: the name of torchvision's enum of published weights; None: there are none.

        Raises:
            ValueError: the name is taken.
            TypeError: a keyword-only argument has no default or an annotation that is no setting.
        """
        add = super().register(name)

        def decorate(build: Build) -> Build:
            add(build)
            self._entries[name] = Architecture(**vars(self._entries[name]), weights=weights)
            return build

        return decorate

    def __getitem__(self, name: str) -> Architecture:
        """Return the architecture of that name.

        Raises:
            KeyError: there is none; the message names the nearest and all the others.
        """
        return cast(Architecture, super().__getitem__(name))


architectures = Architectures("architecture")


def check_shape(name: str, shape: tuple[int, int, int], smallest: int = SMALLEST) -> None:
    """Refuse images that an architecture cannot take.

    Args:
        name: the architecture, for the message.
        shape: (channels, height, width) in pixels.
        smallest: the least side that it takes, in pixels.

    Raises:
        SettingsError: other than 1 or 3 channels, or a side below the smallest.
    """
    channels, height, width = shape
    if channels not in (1, 3):
        raise SettingsError(f"{name} takes images of 1 or 3 channels, but these have {channels}")
    if min(height, width) < smallest:
        raise SettingsError(
            f"{name} takes images from {smallest}×{smallest} pixels up, but these are {height}×{width}; "
            f"set data.size to {smallest} or more"
        )
