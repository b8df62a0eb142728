"""How sure an accuracy is: the Wilson score interval (Wilson 1927), good also near 0 and 1."""

from __future__ import annotations

import math

Z95 = 1.959963984540054
"""The 97.5 % quantile of the standard normal distribution."""


def wilson(accuracy: float, images: int) -> tuple[float, float]:
    """Return the 95 % interval of an accuracy (0-1) that was measured on that many images.

    Raises:
        ValueError: the accuracy is no share, or there are no images.
    """
    if not 0 <= accuracy <= 1 or images < 1:
        raise ValueError(
            f"`0 <= accuracy <= 1` and `images >= 1` must hold, but got accuracy={accuracy}, images={images}"
        )
    spread = Z95**2 / images
    centre = (accuracy + spread / 2) / (1 + spread)
    half = Z95 / (1 + spread) * math.sqrt(accuracy * (1 - accuracy) / images + spread / (4 * images))
    # Exact where nothing or everything is right: there the two terms cancel but for rounding.
    return 0.0 if accuracy == 0 else centre - half, 1.0 if accuracy == 1 else centre + half
