"""How many images are evaluated at once: without gradients, so they take less than a training step holds."""

from __future__ import annotations

PIXELS_AT_ONCE = 2**20
"""1,024 images of 32×32, 20 of 224×224."""


def images_at_once(height: int, width: int) -> int:
    """Return how many images of so many pixels are computed at once where memory allows it, at least 1."""
    return max(1, PIXELS_AT_ONCE // (height * width))
