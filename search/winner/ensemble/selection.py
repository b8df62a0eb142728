"""Greedy ensemble selection: which models are best together, by what they said about the same images.

Caruana, Niculescu-Mizil, Crew and Ksikes 2004, "Ensemble selection from libraries of models": begin with the best one,
add the one that helps most, again and again, each as often as it helps (selection with replacement), and take the best
of all these ensembles. Its share is how often a model was taken.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import softmax

Probabilities = npt.NDArray[np.float32]
"""(M, N, classes): what each of M models holds for likely about each of N images."""

Labels = npt.NDArray[np.int64]
"""(N,)."""

SIZE = 25
"""Models that are taken in all: the paper's curves are flat from there."""


class Strength(NamedTuple):
    """How good an ensemble is; greater is better. ``likelihood`` is the mean logarithm of the label's probability."""

    accuracy: float
    likelihood: float


def probabilities(logits: npt.NDArray[np.float16]) -> npt.NDArray[np.float32]:
    """Return the softmax (N, classes) of recorded logits."""
    found: npt.NDArray[np.float32] = softmax(logits.astype(np.float32), axis=1)
    return found


def select(
    said: Probabilities, labels: Labels, *, size: int = SIZE, by_loss: bool = False
) -> dict[int, float]:
    """Choose the ensemble that is best on these images.

    Args:
        said: of the models, at least one, about at least one image.
        labels: of the images.
        size: models taken at the most, repetitions counted.
        by_loss: by cross-entropy instead of by accuracy (and cross-entropy where that is equal).

    Returns:
        The share of each model that was taken, by its row, greatest first; they sum to 1.
    """
    total = np.zeros_like(said[0])
    taken, best, best_count = list[int](), None, 0
    for count in range(1, size + 1):
        strengths = [strength(total + one, labels, by_loss=by_loss) for one in said]
        chosen = max(range(len(said)), key=lambda row: (strengths[row], -row))
        total += said[chosen]
        taken.append(chosen)
        if best is None or strengths[chosen] > best:
            best, best_count = strengths[chosen], count
    times = Counter(taken[:best_count])
    return {row: times[row] / best_count for row in sorted(times, key=lambda row: (-times[row], row))}


def mean(said: Probabilities, shares: dict[int, float]) -> npt.NDArray[np.float32]:
    """Return what an ensemble holds for likely (N, classes)."""
    found: npt.NDArray[np.float32] = sum(share * said[row] for row, share in shares.items())
    return found


def strength(likely: npt.NDArray[np.float32], labels: Labels, *, by_loss: bool = False) -> Strength:
    """Return how good probabilities (N, classes) are, which need not sum to 1."""
    rows = np.arange(len(labels))
    right = float((likely.argmax(axis=1) == labels).mean())
    shares = likely[rows, labels] / likely.sum(axis=1)
    likelihood = float(np.log(np.maximum(shares, np.finfo(np.float32).tiny)).mean())
    return Strength(0.0 if by_loss else right, likelihood)


def held_out(
    said: Probabilities,
    labels: Labels,
    *,
    size: int = SIZE,
    folds: int = 5,
    seed: int = 0,
    by_loss: bool = False,
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return whether the ensemble, and the best model alone, is right about images that took no part in its choice.

    Each fold of the images is judged by what the others chose.

    Args:
        said: of the models.
        labels: of the images, at least as many as folds.
        size: see `select`.
        folds: of the images.
        seed: of their draw.
        by_loss: see `select`.

    Returns:
        Of the ensemble, of the best model alone: (N,).
    """
    together, alone = np.zeros(len(labels), bool), np.zeros(len(labels), bool)
    for fold in np.array_split(np.random.default_rng(seed).permutation(len(labels)), folds):
        rest = np.setdiff1d(np.arange(len(labels)), fold)
        chosen = select(said[:, rest], labels[rest], size=size, by_loss=by_loss)
        (best,) = select(said[:, rest], labels[rest], size=1, by_loss=by_loss)
        together[fold] = mean(said[:, fold], chosen).argmax(axis=1) == labels[fold]
        alone[fold] = said[best, fold].argmax(axis=1) == labels[fold]
    return together, alone
