"""How well a model classifies given images: accuracy, each class, the honesty of its probabilities, its mistakes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from search.runs.classification import ClassScores, Wrong, class_scores
from search.runs.interval import wilson
from search.training.data.image_file import UnreadableImage
from search.training.data.source import Images, Labels
from search.training.metrics import confusion_matrix, scores
from search.winner.answers import Unreadable
from search.winner.calibration import (
    Scaling,
    log_probabilities,
    scaled_by_halves,
    scaled_by_held_out,
    unscaled,
)
from search.winner.classifier import Classifier
from search.winner.judged import Judged, Part

Logits = npt.NDArray[np.float32]

Tell = Callable[[int, int], None]
"""Takes how many of how many images are done."""

WORST = 60
"""Wrongly classified images that are kept: ten rows of a contact sheet."""


@dataclass(frozen=True, eq=False)
class WrongImage:
    """A wrongly classified image: what is said of it, what it is called, its pixels (H, W, C) as the model sees it."""

    wrong: Wrong
    name: str
    pixels: Images


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model is worth on these images.

    ``images`` were judged; ``accuracy`` is the share of right answers. ``precision``, ``recall`` and ``f1`` are macro
    averages: every class counts the same. ``matrix`` (classes, classes) counts images by true class (row) and predicted
    class. ``worst`` are the wrong answers of the highest loss, ``unreadable`` images that are in no figure.
    """

    judged: Judged
    images: int
    accuracy: float
    precision: float
    recall: float
    f1: float
    matrix: npt.NDArray[np.int64]
    scores: ClassScores
    scaling: Scaling
    worst: tuple[WrongImage, ...]
    unreadable: tuple[Unreadable, ...]

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the accuracy for images like these (Wilson 1927); another training varies beyond it."""
        return wilson(self.accuracy, self.images)


class NothingJudged(ValueError):  # noqa: N818 (says what is the case)
    """No image could be read."""


def evaluate(
    classifier: Classifier, asked: Judged, *, fit: bool = True, tell: Tell = lambda _done, _total: None
) -> Evaluation:
    """Judge a model on images.

    Args:
        classifier: of `search.load`.
        asked: the images, of `search.winner.judged.judged`.
        fit: whether a temperature is fitted: on the model's own validation images where ``asked`` has them aside, else
            on each half of the images for the other half.
        tell: is told the progress.

    Raises:
        NothingJudged: no image could be read.
    """
    parts = [*asked.parts, *([asked.held_out] if asked.held_out and fit else [])]
    told = _Progress(sum(len(part.labels) for part in parts), tell)
    said = [_said(classifier, part, told) for part in parts]
    own = said[: len(asked.parts)]
    logits, labels = (np.concatenate([getattr(one, name) for one in own]) for name in ("logits", "labels"))
    if not len(labels):
        raise NothingJudged(f"none of the images of {asked.data} can be read")
    matrix = confusion_matrix(torch.from_numpy(logits), torch.from_numpy(labels))
    counts: npt.NDArray[np.int64] = matrix.numpy()
    return Evaluation(
        judged=asked,
        images=len(labels),
        **scores(matrix),
        matrix=counts,
        scores=class_scores(counts),
        scaling=_scaling(logits, labels, said[len(own) :], fit=fit),
        worst=tuple(_worst(logits, labels, [place for one in own for place in one.places])),
        unreadable=tuple(one for part in own for one in part.unreadable),
    )


@dataclass(frozen=True, eq=False)
class _Said:
    """What a model says of a part: logits (n, classes), labels (n,), where each image lies, and which had none."""

    logits: Logits
    labels: Labels
    places: list[tuple[Part, int]]
    unreadable: list[Unreadable]


class _Progress:
    """Counts images over all parts."""

    def __init__(self, total: int, tell: Tell) -> None:
        self._done, self._total, self._tell = 0, total, tell

    def add(self, images: int) -> None:
        """Tell that so many more are done."""
        self._done += images
        self._tell(self._done, self._total)


def _said(classifier: Classifier, part: Part, told: _Progress) -> _Said:
    logits = [np.empty((0, len(classifier.classes)), dtype=np.float32)]
    places, unreadable = list[int](), list[Unreadable]()
    for batch in _decoded(part, classifier.batch):
        good = [(place, found) for place, found in batch if not isinstance(found, UnreadableImage)]
        unreadable += [
            Unreadable(part.name(place), str(found))
            for place, found in batch
            if isinstance(found, UnreadableImage)
        ]
        if good:
            logits.append(_logits(classifier, np.stack([pixels for _, pixels in good])))
            places += [place for place, _ in good]
        told.add(len(batch))
    return _Said(np.concatenate(logits), part.labels[places], [(part, place) for place in places], unreadable)


def _decoded(part: Part, size: int) -> Iterator[list[tuple[int, Images | UnreadableImage]]]:
    """Yield batches of places and images; in threads, because Pillow lets go of the interpreter's lock."""

    def attempt(place: int) -> tuple[int, Images | UnreadableImage]:
        try:
            return place, part.read(place)
        except UnreadableImage as error:
            return place, error

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for start in range(0, len(part.labels), size):
            yield list(pool.map(attempt, range(start, min(start + size, len(part.labels)))))


def _logits(classifier: Classifier, pixels: Images) -> Logits:
    """Return the logits (n, classes) of images (n, H, W, C)."""
    found = classifier.logits(classifier.normalize(torch.from_numpy(pixels).permute(0, 3, 1, 2)))
    logits: Logits = found.float().cpu().numpy()
    return logits


def _scaling(logits: Logits, labels: Labels, held: Sequence[_Said], *, fit: bool) -> Scaling:
    if not fit:
        return unscaled(logits, labels, why="not asked for")
    if held:
        other = held[0]
        return scaled_by_held_out(
            logits, labels, held_logits=other.logits, held_labels=other.labels, name="the validation split"
        )
    return scaled_by_halves(logits, labels)


def _worst(logits: Logits, labels: Labels, places: Sequence[tuple[Part, int]]) -> Iterator[WrongImage]:
    """Yield the wrong answers of the highest loss."""
    said = log_probabilities(logits)
    given, loss = logits.argmax(axis=1), -said[np.arange(len(labels)), labels]
    rows = np.flatnonzero(given != labels)
    for row in rows[np.argsort(-loss[rows], kind="stable")][:WORST]:
        (part, place), guess, label = places[row], int(given[row]), int(labels[row])
        wrong = Wrong(
            row=int(row),
            index=place,
            label=label,
            predicted=guess,
            probability=float(np.exp(said[row, guess])),
            true_probability=float(np.exp(said[row, label])),
            loss=float(loss[row]),
        )
        yield WrongImage(wrong, part.name(place), part.read(place))
