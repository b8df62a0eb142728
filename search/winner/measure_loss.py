"""By how much one model is less accurate than another on the same images, with a 95 % interval.

The two answers about an image belong together, so the interval is that of a difference of paired shares: Wald's with
half an image added to each cell of the table (Agresti and Min 2005, "Simple improved confidence intervals for
comparing matched proportions", section 3), which holds also where few images or none tell the models apart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.runs.interval import Z95


@dataclass(frozen=True)
class Loss:
    """By how much an accuracy (0-1) fell, negative where it rose; its 95 % interval is ``low`` to ``high``."""

    mean: float
    low: float
    high: float


def measure_loss(before: npt.NDArray[np.bool_], after: npt.NDArray[np.bool_]) -> Loss:
    """Return by how much the second model is less accurate.

    Args:
        before: (N,) whether the first model is right about each image.
        after: (N,) whether the second is, about the same images.
    """
    images = len(before)
    lost, won = int((before & ~after).sum()), int((~before & after).sum())
    count = images + 2.0
    middle = (lost - won) / count
    half = Z95 * math.sqrt(((lost + won + 1) - (lost - won) ** 2 / count) / count**2)
    mean = (lost - won) / images
    # The interval's middle is a little nearer to 0 than the mean, which it still must hold.
    return Loss(mean, min(middle - half, mean), max(middle + half, mean))
