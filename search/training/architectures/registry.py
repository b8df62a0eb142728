"""The registry of architectures: what each must be, whoever writes it.

An architecture is a function ``build(shape, classes, *, settings…) -> nn.Module``. ``shape`` is (C, H, W) of
one image. The module maps float images (N, C, H, W), normalised, to logits (N, classes), for every H and W
from 8 up. It is built on the current default device, so that the meta device yields its cost without memory.
Dropout is the module's own, drawn from torch's global generator, and off in `eval()`.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from search.plan.registry import Registry
from search.training.errors import SettingsError

Build = Callable[..., nn.Module]

architectures: Registry[Build] = Registry("architecture")

SMALLEST = 8


def check_shape(name: str, shape: tuple[int, int, int]) -> None:
    """Refuse images that no built-in architecture can take.

    Args:
        name: the architecture, for the message.
        shape: (channels, height, width) in pixels.

    Raises:
        SettingsError: other than 1 or 3 channels, or a side below 8 pixels.
    """
    channels, height, width = shape
    if channels not in (1, 3):
        raise SettingsError(f"{name} takes images of 1 or 3 channels, but these have {channels}")
    if min(height, width) < SMALLEST:
        raise SettingsError(
            f"{name} takes images from {SMALLEST}×{SMALLEST} pixels up, but these are {height}×{width}; "
            f"set data.size to {SMALLEST} or more"
        )
