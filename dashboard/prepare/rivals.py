"""The candidate's rivals: at equal epochs, on the same images, and how far that tells them apart."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd  # type: ignore[import-untyped]

from dashboard.prepare.answers import answers
from dashboard.prepare.states import STATUS_TEXT
from search.runs.interval import wilson
from search.runs.pairing import NotPaired, pair
from search.runs.predictions import PredictionsError
from search.runs.run import Run, Trial

MOST = 5
"""Rivals that are shown."""


def rivals(run: Run) -> pd.DataFrame:
    """Return a row for the candidate and one for each of the next trials.

    Columns: trial, status, epoch (the last one that both it and the candidate reached), value (its own there), gap
    (that less the candidate's), interval (95 %, of an accuracy), overlap (with the candidate's interval there: `yes`,
    `no`, or empty), p (McNemar's exact test on the images, where both have answers of the same epoch). What is not
    known is NaN or empty.
    """
    ranking = run.ranking()[: MOST + 1]
    return pd.DataFrame([_row(run, ranking[0], trial) for trial in ranking])


def caveats(run: Run, best: Trial) -> list[str]:
    """Return what the figures of the candidate do not say, in sentences."""
    scored = len(run.ranking())
    if run.foreign:
        return [
            f"It is the best of {scored:,} noisy numbers, so its score is more likely too high than too low; these "
            "logs do not say on which images it was measured, nor with how many seeds."
        ]
    images = (
        f"{best.validation_images:,} validation images" if best.validation_images else "the validation images"
    )
    return [
        f"Not confirmed yet: it is the best of {scored:,} noisy numbers, so its score is more likely too high than "
        f"too low; it was trained with one seed, and measured on {images} that also chose it.",
        "Expect a little less on new images.",
    ]


def close(table: pd.DataFrame) -> str:
    """Return in a sentence which rivals cannot be told from the candidate."""
    unclear = table[(table["p"] >= 0.05) | (table["p"].isna() & (table["overlap"] == "yes"))][
        "trial"
    ].tolist()
    if len(table) < 2:
        return "No other trial has a rank."
    unknown = (
        int((table["p"].isna() & (table["overlap"] == "")).sum()) - 1
    )  # the candidate's own row says neither
    if not unclear and unknown:
        return (
            f"Whether chance alone sets {unknown} of these rivals apart from the candidate cannot be told: there are "
            "no answers on the same images, and the metric is no accuracy on a known number of them."
        )
    if not unclear:
        return "None of the rivals shown comes so close that these images cannot tell it from the candidate."
    names = ", ".join(map(str, unclear))
    which = "trials" if len(unclear) > 1 else "trial"
    return f"At the epochs in the table the candidate cannot be told from {which} {names} on these images."


def _row(run: Run, best: Trial, trial: Trial) -> dict[str, Any]:
    epoch = max(set(best.record.values) & set(trial.record.values), default=None)
    value = math.nan if epoch is None else trial.record.values[epoch]
    own = math.nan if epoch is None else best.record.values[epoch]
    mine, yours = _interval(run, trial, value), _interval(run, best, own)
    same = trial.number == best.number
    overlap = None if same or mine is None or yours is None else mine[0] <= yours[1] and yours[0] <= mine[1]
    return {
        "trial": trial.number,
        "status": STATUS_TEXT.get(trial.status, trial.status),
        "epoch": epoch,
        "value": value,
        "gap": math.nan if same else value - own,
        "interval": "" if mine is None else f"{mine[0]:.4f} to {mine[1]:.4f}",
        "overlap": "" if overlap is None else "yes" if overlap else "no",
        "p": math.nan if same else _p_value(run, best, trial),
    }


def _interval(run: Run, trial: Trial, value: float) -> tuple[float, float] | None:
    images = trial.validation_images
    if run.plan.objective.metric != "val/accuracy" or not images or not 0 <= value <= 1:
        return None
    return wilson(value, images)


def _p_value(run: Run, best: Trial, trial: Trial) -> float:
    try:
        first, second = answers(run, best.number).predictions, answers(run, trial.number).predictions
        return pair(first, second).p_value if first.step == second.step else math.nan
    except (PredictionsError, NotPaired):
        return math.nan
