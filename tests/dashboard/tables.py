"""Tables made of columns, without a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.table import Parameter, Table, best_of


def make_table(
    parameters: Sequence[Parameter],
    points: Mapping[str, Sequence[Any]],
    values: Any,
    *,
    steps: Sequence[int] | None = None,
    status: Sequence[str] | None = None,
    maximize: bool = True,
) -> Table:
    """Return a table of trials whose score is their last value.

    Args:
        parameters: searched ones.
        points: a column for each.
        values: (trials, S), NaN where there is none; (trials,) for one step.
        steps: (S,); 1 to S where left out.
        status: of each trial; all completed where left out.
        maximize: higher values are better.
    """
    matrix = np.asarray(values, dtype=np.float64)
    matrix = matrix[:, None] if matrix.ndim == 1 else matrix
    ticks = np.asarray(steps or range(1, matrix.shape[1] + 1), dtype=np.int64)
    known = np.isfinite(matrix)
    last = np.where(known.any(axis=1), matrix.shape[1] - 1 - known[:, ::-1].argmax(axis=1), 0)
    score = np.where(known.any(axis=1), matrix[np.arange(len(matrix)), last], np.nan)
    best, best_epoch = best_of(ticks, matrix, maximize=maximize)
    order = np.argsort(-score if maximize else score, kind="stable")
    place = np.full(len(matrix), np.nan)
    place[order] = np.arange(1, len(matrix) + 1)
    place[~known.any(axis=1)] = np.nan
    facts = pd.DataFrame(
        {
            "trial": np.arange(len(matrix)),
            "place": place,
            "status": list(status or ["completed"] * len(matrix)),
            "score": score,
            "best": best,
            "best_epoch": best_epoch,
            "epochs": np.where(known.any(axis=1), ticks[last], 0),
            "seconds": np.arange(len(matrix), dtype=np.float64),
            "start": np.full(len(matrix), 1.7e9),
            "origin": ["sampler"] * len(matrix),
            "reason": [""] * len(matrix),
        }
    )
    columns = {
        one.name: np.asarray(points[one.name], dtype=np.float64)
        if one.kind == "number"
        else pd.Series(list(points[one.name]), dtype=object)
        for one in parameters
    }
    frame = pd.DataFrame(columns, index=range(len(matrix)))
    return Table(facts, frame, tuple(parameters), ticks, matrix, "val/accuracy", maximize, int(ticks[-1]))
