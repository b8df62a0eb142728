"""All curves of one trial."""

from __future__ import annotations

import math
from collections.abc import Mapping

from search.runs.keeper import recorded_scalars
from search.runs.run import Run

FIRST, MOST = 6, 24
"""Curves of a trial that are drawn at once, and that are drawn at all: each is a chart that takes 40 ms to begin."""

TELLING = ("loss", "accuracy", "learning_rate")
"""Behind the last slash of names that come first: how training went, and whether it overfits."""

MOST_READ = 100
"""Metrics that are read of another program's logs: each is read of all trials at once."""

Curves = Mapping[str, Mapping[int, float]]
"""By metric: the value by step."""


def scalars(run: Run, number: int) -> Curves:
    """Return every metric of a trial by step, the objective first; what is not finite is NaN.

    Args:
        run: of the trial.
        number: of it.
    """
    trial = run.trial(number)
    metric = run.plan.objective.metric
    others: Curves
    if run.measured is None:
        others = recorded_scalars(trial.layout, trial.record)
    else:
        others = {tag: run.curve(number, tag) for tag in run.measured.tags[:MOST_READ]}
    names = sorted(set(others) - {metric}, key=_place)
    found = {metric: trial.record.values, **{name: others[name] for name in names}}
    return {name: _plain(curve) for name, curve in found.items() if curve}


def _place(name: str) -> tuple[bool, bool, str]:
    return name.rpartition("/")[2] not in TELLING, name.partition("/")[0] == "train", name


def _plain(curve: Mapping[int, float]) -> dict[int, float]:
    return {step: value if math.isfinite(value) else math.nan for step, value in sorted(curve.items())}
