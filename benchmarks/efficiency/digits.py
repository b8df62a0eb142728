"""Recorded curves of our own trainer as a problem: the small CNN on digits, 27 epochs (`benchmarks/data/README.md`).

Between the 400 recorded configurations a forest of extremely randomized trees (Geurts et al. 2006) predicts the curve.
In ten-fold cross-validation the rank correlation of its last values with the recorded ones is 0.94 (accuracy) and 0.90
(loss); those of the nearest recorded configuration have 0.84 and 0.82.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from benchmarks.efficiency.problem import normalised
from search.plan.plan import find_space, load_plan
from search.plan.trial_config import Value
from search.tuning.samplers.cube import Cube, Rows

CURVES = Path(__file__).parent.parent / "data" / "digits_curves.npz"
SPACE = "digits.yaml"

SIGNS = {"accuracy": 1.0, "loss": -1.0}
"""The recorded metrics, and the sign with which larger is better."""

TREES, LEAF = 30, 2
INACTIVE = -1.0
"""Where a parameter is inactive: a value of its own for the trees."""

RANDOM = 20_000
"""Random points, of which the best is the best known and the median is 100 regret × 100."""


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
        rows = np.array([self._cube.row(json.loads(text)) for text in arrays["configurations"]])
        curves = SIGNS[metric] * arrays[metric].astype(np.float64)
        self.horizon: int = curves.shape[1]
        forest = ExtraTreesRegressor(TREES, min_samples_leaf=LEAF, random_state=0)
        self._forest = forest.fit(_features(rows), curves)
        last = self._predict(self._cube.draw(np.random.default_rng(0), RANDOM))[:, -1]
        self._best, self._median = float(last.max()), float(np.median(last))

    def curve(self, point: Mapping[str, Value]) -> NDArray[np.float64]:
        """Return the predicted validation metric of a point after each epoch, shape [horizon]."""
        found: NDArray[np.float64] = self._predict(self._cube.row(point)[None])[0]
        return found

    def regret(self, point: Mapping[str, Value]) -> float:
        """Return the normalised regret × 100 of a fully trained point; below 0 where it beats the best known."""
        return normalised(float(self.curve(point)[-1]), best=self._best, median=self._median)

    def _predict(self, rows: Rows) -> NDArray[np.float64]:
        # Tree by tree: `forest.predict` takes 8 ms for a single row, most of it to start its threads.
        features = _features(rows).astype(np.float32)
        trees = [tree.tree_.predict(features) for tree in self._forest.estimators_]
        found: NDArray[np.float64] = np.mean(trees, axis=0).reshape(len(rows), -1)
        return found


def _features(rows: Rows) -> Rows:
    return np.nan_to_num(rows, nan=INACTIVE)
