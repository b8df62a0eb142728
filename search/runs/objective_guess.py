"""Which metric of somebody else's logs is the objective, by its name, and whether more of it is better."""

from __future__ import annotations

import re
from typing import Literal

from search.runs.logs.logs import Logs

VALIDATION = re.compile(
    r"(^|[^a-z])(val|valid|validation|eval|evaluation|dev|test|holdout)([^a-z]|$)|^val|_val", re.I
)
TRAINING = re.compile(r"(^|[^a-z])(train|training|fit)([^a-z]|$)", re.I)
HIGHER = re.compile(
    r"acc|top.?[15]([^0-9]|$)|auc|roc|(^|[^a-z])f1|f.?score|precision|recall|(^|[^a-z])m?ap([^a-z]|$)|iou|dice|r2|psnr"
    r"|ssim|bleu|rouge|score|reward|return|kappa|likelihood",
    re.I,
)
LOWER = re.compile(
    r"loss|err|(^|[^a-z])(m[sa]e|rmse|nll|bce|ppl|wer|cer|fid)([^a-z]|$)|perplex|cost|regret|diverg", re.I
)
ACCURACY = re.compile(r"acc", re.I)
LOSS = re.compile(r"loss", re.I)
BOOKKEEPING = re.compile(
    r"time|(^|[^a-z])(step|epoch|iteration|iter|lr|learning.?rate|seconds|memory|throughput|per_second|timestamp|pid"
    r"|num_|done|counter|gpu|cpu|warmup|hours?)",
    re.I,
)
"""What a log says of a run beside its results; Ray Tune writes a dozen of them."""

ENOUGH = 0.5
"""Of as many runs as the most common metric has, an objective must have its values in that share."""


def guessed_metric(logs: Logs) -> str:
    """Return the tag that is most likely the objective; empty where there is none.

    In this order: a validation score (accuracy first), a validation loss, a score, a loss, those of the training, what
    a writer announced as a result, anything else. Of equals the one that most runs have, then the shortest name.
    """
    counts = {tag: logs.count(tag) for tag in logs.tags}
    most = max(counts.values(), default=0)
    announced = {metric for run in logs.runs for metric in run.metrics}
    common = [tag for tag, count in counts.items() if count >= ENOUGH * most]
    return min(
        common, key=lambda tag: (*_order(tag, tag in announced), -counts[tag], len(tag), tag), default=""
    )


def guessed_mode(metric: str) -> Literal["min", "max"]:
    """Return whether less or more of a metric is better, by its name: a loss is to be low, all else high."""
    return "min" if LOWER.search(metric) else "max"


def _order(tag: str, announced: bool) -> tuple[int, int]:
    """Return a key that is lower for a tag that is more likely the objective."""
    if BOOKKEEPING.search(tag):
        return 9, 0
    lower, higher = bool(LOWER.search(tag)), bool(HIGHER.search(tag))
    known = 0 if higher and not lower else 1 if lower else 2
    favorite = not (ACCURACY.search(tag) or LOSS.search(tag))
    if known == 2:
        return (6 if announced else 8 if TRAINING.search(tag) else 7), favorite
    if TRAINING.search(tag):
        return 4 + known, favorite
    return (known if VALIDATION.search(tag) else 2 + known), favorite
