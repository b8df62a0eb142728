"""Any metric of all trials by step: the objective from the study, the others from the event files."""

from __future__ import annotations

import numpy as np

from dashboard.prepare.reports import Floats, Ints
from dashboard.prepare.table import Table
from search.runs.measurements import Measurements
from search.runs.run import Run


def names(run: Run, table: Table) -> list[str]:
    """Return what can be drawn: the objective first, then what trials measured besides.

    For a run of ours, the event files are not read for it: the best trial's document says what it measured.
    """
    if run.measured is not None:
        others = run.measured.tags
    else:
        others = tuple(sorted(next((trial.metrics for trial in run.ranking() if trial.metrics), {})))
    return list(dict.fromkeys([table.metric, *others]))


def values(table: Table, measured: Measurements, metric: str) -> tuple[Ints, Floats]:
    """Return the steps (S,), ascending, and a metric of each trial at them (trials, S), NaN where it has none.

    Args:
        table: of the run.
        measured: in its event files.
        metric: any; one that nobody measured has no steps.
    """
    if metric not in measured.tags:
        return np.empty(0, np.int64), np.empty((len(table), 0))
    steps, found = measured.matrix(metric)
    return steps, np.where(np.isfinite(found), found, np.nan)
