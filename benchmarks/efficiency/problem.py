"""What a search strategy is measured on: a space, and the learning curve of each of its points."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.plan.space import Space
from search.plan.trial_config import Value


class Problem(Protocol):
    """A space whose points have known learning curves; larger values are better."""

    name: str
    space: Space
    horizon: int
    """Epochs of a full training."""

    def curve(self, point: Mapping[str, Value]) -> NDArray[np.float64]:
        """Return the values of a point at epochs 1 to the horizon, shape [horizon]."""

    def regret(self, point: Mapping[str, Value]) -> float:
        """Return the normalised regret × 100 of a fully trained point.

        0 is the best known, 100 the median of random points.
        """


def normalised(value: float, *, best: float, median: float) -> float:
    """Return the normalised regret × 100 of a value at the last epoch."""
    return 100 * (best - value) / (best - median)
