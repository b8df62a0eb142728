"""How well a trial classifies the validation images, from its logits: by class, by image, and beside another trial."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.runs.interval import wilson
from search.training.predictions import Predictions

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

AT_ONCE = 2**20
"""Logits whose exponentials are taken at once: 8 MB."""


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Each class by columns (classes,): shares of 0-1, NaN where nothing is divided by nothing.

    ``recall`` is of the ``support`` images that are of a class, ``precision`` of the ``predicted`` ones that were
    given it; their 95 % intervals (Wilson 1927) are ``…_low`` to ``…_high``. ``f1`` is their harmonic mean.
    """

    precision: Floats
    precision_low: Floats
    precision_high: Floats
    recall: Floats
    recall_low: Floats
    recall_high: Floats
    f1: Floats
    support: Counts
    predicted: Counts


@dataclass(frozen=True)
class Wrong:
    """An image that was classified wrongly.

    ``row`` is its place among the predictions, ``index`` that in the source of the images. ``probability`` is that of
    the predicted class, ``true_probability`` that of its label; ``loss`` is the cross-entropy in nats.
    """

    row: int
    index: int
    label: int
    predicted: int
    probability: float
    true_probability: float
    loss: float


def predicted(predictions: Predictions) -> Counts:
    """Return the class (N,) of the greatest logit of each image; the first of several."""
    found: Counts = predictions.logits.argmax(axis=1).astype(np.int64)
    return found


def accuracy(predictions: Predictions) -> float:
    """Return the share (0-1) of the images that are classified rightly."""
    return float((predicted(predictions) == predictions.labels).mean())


def confusion_matrix(predictions: Predictions) -> Counts:
    """Count the images of each class (row) that were given each class (column): (classes, classes)."""
    classes = predictions.logits.shape[1]
    cells = predictions.labels * classes + predicted(predictions)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes).astype(np.int64)


def normalized(matrix: Counts) -> Floats:
    """Return each row's shares (0-1) of a confusion matrix; NaN for a class without images."""
    sums = matrix.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(matrix, sums, out=np.full(matrix.shape, np.nan), where=sums > 0)
    return shares


def class_scores(matrix: Counts) -> ClassScores:
    """Return precision, recall, F1 and support of each class.

    Args:
        matrix: (classes, classes) counts, rows the labels, columns the predictions.
    """
    hits, support, given = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, precision_low, precision_high = _shares(hits, given)
    recall, recall_low, recall_high = _shares(hits, support)
    return ClassScores(
        precision=precision,
        precision_low=precision_low,
        precision_high=precision_high,
        recall=recall,
        recall_low=recall_low,
        recall_high=recall_high,
        f1=_quotients(2 * hits, support + given),
        support=support,
        predicted=given,
    )


def losses(predictions: Predictions) -> Floats:
    """Return the cross-entropy (N,) of each image in nats."""
    logits, labels = predictions.logits, predictions.labels
    found = np.empty(len(labels))
    step = max(1, AT_ONCE // logits.shape[1])
    for start in range(0, len(labels), step):
        rows = logits[start : start + step].astype(np.float64)
        rows -= rows.max(axis=1, keepdims=True)
        own = rows[np.arange(len(rows)), labels[start : start + step]]
        found[start : start + step] = np.log(np.exp(rows).sum(axis=1)) - own
    return found


def worst(predictions: Predictions, *, most: int = 60) -> list[Wrong]:
    """Return the wrongly classified images, the highest loss first.

    Args:
        predictions: of a trial.
        most: of them.
    """
    loss, given = losses(predictions), predicted(predictions)
    wrong = np.flatnonzero(given != predictions.labels)
    rows = wrong[np.argsort(-loss[wrong], kind="stable")][:most]
    return [_wrong(predictions, int(row), float(loss[row])) for row in rows]


def wrong_at(predictions: Predictions, row: int) -> Wrong:
    """Return what is said of one image, right or wrong.

    Args:
        predictions: of a trial.
        row: the image's place among them.
    """
    part = slice(row, row + 1)
    of = predictions.logits[part], predictions.labels[part], predictions.indices[part]
    (loss,) = losses(Predictions(*of, predictions.step))
    return _wrong(predictions, row, float(loss))


def _wrong(predictions: Predictions, row: int, loss: float) -> Wrong:
    logits = predictions.logits[row].astype(np.float64)
    shares = np.exp(logits - logits.max())
    shares /= shares.sum()
    given, label = int(logits.argmax()), int(predictions.labels[row])
    index = int(predictions.indices[row])
    return Wrong(row, index, label, given, float(shares[given]), float(shares[label]), loss)


def _shares(hits: Counts, of: Counts) -> tuple[Floats, Floats, Floats]:
    """Return quotients with their intervals."""
    found = _quotients(hits, of)
    bounds = [
        wilson(float(share), int(count)) if count else (np.nan, np.nan)
        for share, count in zip(found, of, strict=True)
    ]
    low, high = np.array(bounds, dtype=np.float64).T
    return found, low, high


def _quotients(above: Counts, below: Counts) -> Floats:
    shares: Floats = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return shares
