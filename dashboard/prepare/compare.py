"""Some trials side by side: what differs in their configuration, what they cost, who classifies which image rightly."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.states import STATUS_TEXT
from search.costs import hours_text
from search.display import value_text
from search.plan.trial_config import Value
from search.runs.interval import wilson
from search.runs.pairing import Pairing
from search.runs.run import Run, Trial

MOST = 5
"""Trials side by side."""

ABSENT = "–"
"""A setting that a trial does not have."""


def settings(trial: Trial) -> Mapping[str, Value]:
    """Return a trial's complete settings where they are known, else its point of the space."""
    return trial.config.settings if trial.config is not None else trial.point


def configurations(trials: Sequence[Trial], *, differing: bool) -> pd.DataFrame:
    """Return a row for each setting and a column for each trial; what the space names comes first, in its order.

    Args:
        trials: to compare.
        differing: leave out the settings that are the same in all of them.
    """
    known = [settings(trial) for trial in trials]
    searched = dict.fromkeys(name for trial in trials for name in trial.point)
    names = [*searched, *sorted({name for one in known for name in one} - searched.keys())]
    rows = [(name, [_text(one, name) for one in known]) for name in names]
    kept = [(name, texts) for name, texts in rows if not differing or len(set(texts)) > 1]
    columns: dict[str, Any] = {"setting": [name for name, _ in kept]}
    for place, trial in enumerate(trials):
        columns[f"trial {trial.number}"] = [texts[place] for _, texts in kept]
    return pd.DataFrame(columns)


def common_epoch(trials: Sequence[Trial]) -> int | None:
    """Return the last epoch at which all of them have a value; None without one."""
    shared = set.intersection(*(set(trial.record.values) for trial in trials)) if trials else set()
    return max(shared, default=None)


def figures(run: Run, trials: Sequence[Trial]) -> pd.DataFrame:
    """Return a row for each trial: its value at equal epochs, its score, what it cost.

    A score that is an accuracy has its 95 % interval; attributes that were measured before the first epoch, such as
    parameters and FLOPs, have a column each.
    """
    common = common_epoch(trials)
    rows = [_figures(run, trial, common) for trial in trials]
    found = pd.DataFrame(rows)
    return found.dropna(axis=1, how="all")


def verdict(first: int, second: int, found: Pairing) -> str:
    """Return what two trials' answers say about their difference, in words.

    Args:
        first: number of a trial.
        second: that of the other one.
        found: their answers.
    """
    counts = (
        f"Of {found.images:,} validation images both get {found.both:,} right and {found.neither:,} wrong; "
        f"trial {first} alone gets {len(found.only_first):,} right, trial {second} alone {len(found.only_second):,}."
    )
    gap = (
        f"Trial {first} less trial {second}: {found.difference:+.4f} "
        f"(95 % interval {found.low:+.4f} to {found.high:+.4f}, paired; McNemar's exact test p = {_p(found.p_value)})."
    )
    return f"{counts} {gap} {_conclusion(first, second, found)}"


def _conclusion(first: int, second: int, found: Pairing) -> str:
    if found.p_value >= 0.05:
        return "On these images the two cannot be told apart."
    better = first if found.difference > 0 else second
    return (
        f"On these images trial {better} is better by more than chance; another seed may still turn that around, "
        "and trials that were chosen as the best of many look better than they are."
    )


def _figures(run: Run, trial: Trial, common: int | None) -> dict[str, Any]:
    horizon = trial.record.horizon(run.plan.budget.epochs)
    return {
        "trial": trial.number,
        "status": STATUS_TEXT.get(trial.status, trial.status),
        f"at epoch {common}": trial.record.values[common] if common is not None else math.nan,
        "score": math.nan if trial.score is None else trial.score,
        "interval": _interval(run, trial),
        "epochs": f"{trial.epochs} of {horizon}",
        "training": hours_text(trial.seconds / 3600) if trial.seconds else None,
        "seconds an epoch": trial.seconds / trial.epochs if trial.seconds and trial.epochs else math.nan,
        **trial.record.attributes,
    }


def _interval(run: Run, trial: Trial) -> str | None:
    images = trial.validation_images
    if run.plan.objective.metric != "val/accuracy" or trial.score is None or not images:
        return None
    low, high = wilson(trial.score, images)
    return f"{low:.4f} to {high:.4f}"


def _text(known: Mapping[str, Value], name: str) -> str:
    return value_text(known[name]) if name in known else ABSENT


def _p(value: float) -> str:
    return f"{value:.3f}" if value >= 0.001 else "below 0.001"
