"""What a trial says about the validation images, ready to be drawn: confusion, classes, the worst images."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd  # type: ignore[import-untyped]

from search.runs.classification import (
    ClassScores,
    Counts,
    Wrong,
    accuracy,
    class_scores,
    confusion_matrix,
    normalized,
    worst,
    wrong_at,
)
from search.runs.images import NoImages, Pixels, class_names, open_images
from search.runs.interval import wilson
from search.runs.predictions import read_predictions
from search.runs.run import Run
from search.training.predictions import Predictions

MOST_CLASSES = 40
"""Rows of a confusion matrix that is drawn: of more classes those with the most mistakes."""

MOST_PAIRS = 10
"""Confusions that are named."""

MOST_KEPT = 6
"""Files of predictions that stay in memory, for all visitors: each takes 1 MB for MNIST, 100 MB for ImageNet."""

SIDE = 96
"""Pixels of an image on the page, about."""


@dataclass(frozen=True, eq=False)
class Answers:
    """A trial's answers on the validation images: from its last epoch, of whatever status it is."""

    predictions: Predictions
    classes: tuple[str, ...]
    matrix: Counts
    scores: ClassScores

    @property
    def text(self) -> str:
        """What the figures rest on, in a sentence."""
        right, images = accuracy(self.predictions), len(self.predictions.labels)
        low, high = wilson(right, images)
        return (
            f"Accuracy {right:.4f} (95 % interval {low:.4f} to {high:.4f}) on {images:,} validation images after "
            f"epoch {self.predictions.step}."
        )


def answers(run: Run, number: int) -> Answers:
    """Return a trial's answers.

    Raises:
        PredictionsError: it has kept none, or they are damaged.
    """
    trial = run.trial(number)
    path = trial.layout.validation
    if not path.is_file():  # it trains: what it said last lies with its attempt
        path = trial.layout.attempt(trial.record.attempt).validation
    found, matrix = _read(path, path.stat().st_mtime_ns if path.is_file() else 0)
    return Answers(found, class_names(run.layout, len(matrix)), matrix, class_scores(matrix))


@functools.lru_cache(maxsize=MOST_KEPT)
def _read(path: Path, seen: int) -> tuple[Predictions, Counts]:
    """Read predictions; ``seen`` is when the file was written, so that a new one is not taken for the old one."""
    del seen
    found = read_predictions(path)
    return found, confusion_matrix(found)


@dataclass(frozen=True, eq=False)
class Cells:
    """A confusion matrix by cells, for a heat map.

    ``columns`` has predicted and true (names of classes), value (images, or the share of the row in percent), shade
    (0-1: the root of the share of the row, so that rare mistakes show) and label. ``classes`` are the names in order,
    ``left_out`` how many classes are not drawn.
    """

    columns: pd.DataFrame
    classes: tuple[str, ...]
    left_out: int


def cells(found: Answers, *, shares: bool, most: int = MOST_CLASSES) -> Cells:
    """Return the cells to draw.

    Args:
        found: of a trial.
        shares: label a cell with its share of the row instead of the images.
        most: classes; of more those with the most mistakes.
    """
    chosen = _chosen(found.matrix, most)
    counts = found.matrix[np.ix_(chosen, chosen)]
    share = normalized(found.matrix)[np.ix_(chosen, chosen)]
    names = _distinct([found.classes[index] for index in chosen])
    true, given = np.indices(counts.shape)
    value = share * 100 if shares else counts.astype(np.float64)
    columns = pd.DataFrame(
        {
            "predicted": np.array(names, dtype=object)[given.ravel()],
            "true": np.array(names, dtype=object)[true.ravel()],
            "value": value.ravel(),
            "shade": np.sqrt(np.nan_to_num(share)).ravel(),
            "label": _labels(value.ravel(), shares=shares),
        }
    )
    return Cells(columns, names, len(found.matrix) - len(chosen))


def per_class(found: Answers) -> pd.DataFrame:
    """Return a row for each class: shares of 0-1 with their 95 % intervals in words, and numbers of images."""
    scores = found.scores
    return pd.DataFrame(
        {
            "class": found.classes,
            "images": scores.support,
            "recall": scores.recall,
            "recall interval": _intervals(scores.recall_low, scores.recall_high),
            "precision": scores.precision,
            "precision interval": _intervals(scores.precision_low, scores.precision_high),
            "f1": scores.f1,
            "predicted": scores.predicted,
        }
    )


def confusions(found: Answers, *, most: int = MOST_PAIRS) -> list[tuple[str, str, int]]:
    """Return the most frequent mistakes: true class, predicted class, images."""
    wrong = found.matrix.copy()
    np.fill_diagonal(wrong, 0)
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(cell), len(wrong)) for cell in order]
    return [(found.classes[t], found.classes[g], int(wrong[t, g])) for t, g in pairs if wrong[t, g]]


@dataclass(frozen=True, eq=False)
class Sheet:
    """Images with a line below each; ``pixels`` (n, H, W, C), None where there are none: ``reason`` says why.

    ``numbers`` are their places in the validation split, from 0; empty where nobody asked for them.
    """

    captions: tuple[str, ...]
    pixels: Pixels | None
    reason: str = ""
    numbers: tuple[int, ...] = ()


def worst_images(run: Run, found: Answers, *, most: int) -> Sheet:
    """Return the worst-classified images: the highest loss first.

    Args:
        run: of the trial.
        found: its answers.
        most: of them.
    """
    wrong = worst(found.predictions, most=most)
    captions = [f"{one.row}: {caption(one, found.classes)}" for one in wrong]
    made = sheet(run, [one.index for one in wrong], captions)
    return replace(made, numbers=tuple(one.row for one in wrong))


def caption(one: Wrong, classes: Sequence[str]) -> str:
    """Return what is said of a wrongly classified image."""
    return (
        f"{classes[one.label]} ({_percent(one.true_probability)}), taken for "
        f"{classes[one.predicted]} ({_percent(one.probability)})"
    )


def differing_images(
    run: Run, right: Answers, wrong: Answers, rows: npt.NDArray[np.intp], *, most: int
) -> Sheet:
    """Return images that one trial gets right and another one wrong, the latter's highest loss first.

    Args:
        run: of both.
        right: the answers of the trial that gets them right.
        wrong: those of the other one.
        rows: of the predictions.
        most: of them.
    """
    found = [wrong_at(wrong.predictions, int(row)) for row in rows[:10_000]]
    found.sort(key=lambda one: -one.loss)
    texts = [
        f"{right.classes[one.label]}, taken for {right.classes[one.predicted]} ({_percent(one.probability)})"
        for one in found[:most]
    ]
    return sheet(run, [one.index for one in found[:most]], texts)


def sheet(run: Run, indices: Sequence[int], captions: Sequence[str]) -> Sheet:
    """Return images with their captions; where they are not on this machine, the captions alone."""
    try:
        pixels = open_images(run.layout).at(np.array(indices, dtype=np.int64))
    except NoImages as error:
        return Sheet(tuple(captions), None, str(error))
    return Sheet(tuple(captions), enlarged(pixels))


def enlarged(pixels: Pixels, side: int = SIDE) -> Pixels:
    """Return images (n, H, W, C) whose small pixels are squares, so that they are not blurred."""
    times = max(1, side // max(pixels.shape[1:3], default=1)) if len(pixels) else 1
    found: Pixels = pixels.repeat(times, axis=1).repeat(times, axis=2)
    return found


def _chosen(matrix: Counts, most: int) -> Counts:
    """Return the classes to draw, in their order."""
    mistakes = matrix.sum(axis=0) + matrix.sum(axis=1) - 2 * matrix.diagonal()
    found: Counts = np.sort(np.argsort(-mistakes, kind="stable")[:most]).astype(np.int64)
    return found


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    """Return names of which no two are equal: a chart would put these into one row."""
    return tuple(name if names.count(name) == 1 else f"{name} ({place})" for place, name in enumerate(names))


def _labels(values: npt.NDArray[np.float64], *, shares: bool) -> list[str]:
    """Return the text of each cell; none where there is nothing."""
    if shares:
        return ["" if not value > 0 else f"{value:.1f}" if value < 10 else f"{value:.0f}" for value in values]
    return [f"{value:.0f}" if value else "" for value in values]


def _intervals(low: npt.NDArray[np.float64], high: npt.NDArray[np.float64]) -> list[str]:
    return ["" if np.isnan(a) else f"{a:.3f} to {b:.3f}" for a, b in zip(low, high, strict=True)]


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 or share == 0 else "below 1%"
