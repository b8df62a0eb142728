"""Recorded curves of our own trainer as a problem: the small CNN on digits, 27 epochs (`benchmarks/data/README.md`).

The curve of a point is that of the nearest recorded configuration: the one with the fewest other choices, and among
those the one at the least distance, each range scaled to its whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.efficiency.problem import normalised
from search.plan.plan import find_space, load_plan
from search.plan.trial_config import Value
from search.tuning.samplers.cube import Cube, Rows

CURVES = Path(__file__).parent.parent / "data" / "digits_curves.npz"
SPACE = "digits.yaml"


SIGNS = {"accuracy": 1.0, "loss": -1.0}
"""The recorded metrics, and the sign with which larger is better. Accuracy is what `digits.yaml` searches for, but
five of the 400 tie at 1.0; losses never tie."""


class Digits:
    """The recorded curves as a problem.

    Args:
        metric: `accuracy` or `loss` (negative), on the validation images.
        path: of the arrays.
    """

    def __init__(self, metric: str = "accuracy", *, path: Path = CURVES) -> None:
        self.name = f"digits_{metric}"
        arrays = np.load(path, allow_pickle=False)
        self.space = load_plan(find_space(SPACE)).space
        self._cube = Cube(self.space)
        self._rows = np.array([self._cube.row(json.loads(text)) for text in arrays["configurations"]])
        self._curves = SIGNS[metric] * arrays[metric].astype(np.float64)
        self.horizon: int = self._curves.shape[1]
        last = self._curves[:, -1]
        self._best, self._median = float(last.max()), float(np.median(last))

    def curve(self, point: Mapping[str, Value]) -> NDArray[np.float64]:
        """Return the validation metric of a point after each epoch, shape [horizon]."""
        found: NDArray[np.float64] = self._curves[self.nearest(point)]
        return found

    def regret(self, point: Mapping[str, Value]) -> float:
        """Return the normalised regret × 100 of a fully trained point, by the recorded last values."""
        return normalised(float(self.curve(point)[-1]), best=self._best, median=self._median)

    def nearest(self, point: Mapping[str, Value]) -> int:
        """Return the number of the recorded configuration nearest to a point."""
        return nearest(self._cube.row(point), self._rows, self._cube.choices)


def nearest(row: Rows, rows: Rows, choices: NDArray[np.bool_]) -> int:
    """Return the index of the row with the fewest other choices, and among those at the least distance.

    Args:
        row: of a cube, shape [columns]; NaN where a parameter is inactive.
        rows: shape [n, columns].
        choices: which columns have no order, shape [columns].
    """
    apart = np.abs(rows - row)  # NaN where either is inactive
    one_sided = np.isnan(rows) != np.isnan(row)
    others = ((np.nan_to_num(apart) > 1e-9) & choices).sum(axis=1)
    distance = np.where(choices, 0.0, np.where(one_sided, 1.0, np.nan_to_num(apart)) ** 2).sum(axis=1)
    return int(np.lexsort((distance, others))[0])
