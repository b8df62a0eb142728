"""Smoothing of curves: the exponential moving average that TensorBoard draws, without its pull towards 0.

Its slider's figure is the weight of what came before; the average is divided by the sum of the weights, so that the
first values count in full (tensorboard/components/vz_line_chart2/line-chart.ts, `resmoothDataset`).
"""

from __future__ import annotations

import numpy as np

from dashboard.prepare.reports import Floats

MOST = 0.99
"""TensorBoard's slider ends at 0.999; over the 50 epochs of a trial that is a flat line."""


def smoothed(values: Floats, weight: float) -> Floats:
    """Return the moving average of each curve.

    Args:
        values: (curves, S) in the order of steps; NaN is no value, stays NaN, and moves nothing.
        weight: of what came before, from 0 (nothing changes) to below 1.

    Raises:
        ValueError: the weight is none.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"`0 <= weight < 1` must hold, but got weight={weight}")
    if weight == 0:
        return values
    average, total = np.zeros(len(values)), np.zeros(len(values))
    made = np.full_like(values, np.nan)
    for step in range(values.shape[1]):
        column = values[:, step]
        known = np.isfinite(column)
        average[known] = weight * average[known] + (1 - weight) * column[known]
        total[known] = weight * total[known] + (1 - weight)
        made[known, step] = average[known] / total[known]
    return made
