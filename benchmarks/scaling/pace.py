"""How long the epochs of a simulated trial take: it depends on the configuration and on the worker."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.efficiency.clock import FASTEST, SLOWEST

SPREAD = 0.5
"""Standard deviation of the logarithm of a configuration's factor: the quickest of 100 takes a third of the mean, the
slowest three times as long."""


@dataclass(frozen=True)
class Pace:
    """Epochs of ``mean`` simulated seconds on average; ``seed`` draws the factors."""

    mean: float
    seed: int = 0

    def epoch(self, worker: int, trial: int) -> float:
        """Return how long an epoch of a trial takes on a worker, in simulated seconds."""
        configuration = np.random.default_rng([self.seed, 0, trial]).normal(-(SPREAD**2) / 2, SPREAD)
        speed = np.random.default_rng([self.seed, 1, worker]).uniform(SLOWEST, FASTEST)
        return float(self.mean * math.exp(configuration) / speed)
