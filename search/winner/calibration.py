"""How honest a model's probabilities are, and one number that makes them more so.

Guo et al. 2017, "On calibration of modern neural networks": expected calibration error over 15 bins of equal width, and
temperature scaling, which divides the logits by one number fitted on held-out images and changes no predicted class.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import log_softmax

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

BINS = 15
"""Guo et al.'s."""

LEAST, MOST = 0.02, 50.0
"""Temperatures that are looked at. Where the best one lies outside, the images are too few or too easy to tell."""


@dataclass(frozen=True)
class Honesty:
    """How good probabilities are, each the mean over the images and the smaller the better.

    ``nll`` is the negative logarithm of the true class's probability in nats. ``brier`` is the squared distance of all
    probabilities from the truth, 0 to 2 (Brier 1950). ``ece`` is the expected calibration error, 0 to 1: by how much
    the probability of the predicted class and the share of right answers differ, over 15 bins of equal width. On few
    images chance alone makes it larger than 0.
    """

    nll: float
    brier: float
    ece: float


def honesty(log_probabilities: Floats, labels: Labels) -> Honesty:
    """Measure probabilities.

    Args:
        log_probabilities: (N, classes), natural logarithms.
        labels: (N,).
    """
    probabilities = np.exp(log_probabilities)
    rows = np.arange(len(labels))
    # Σ (p - y)² with y one-hot is Σ p² - 2 p_true + 1.
    squares = np.square(probabilities).sum(axis=1) - 2 * probabilities[rows, labels] + 1
    return Honesty(
        nll=float(-log_probabilities[rows, labels].mean()),
        brier=float(squares.mean()),
        ece=calibration_error(probabilities, labels),
    )


def calibration_error(probabilities: Floats, labels: Labels, *, bins: int = BINS) -> float:
    """Return the expected calibration error, 0 to 1.

    Args:
        probabilities: (N, classes).
        labels: (N,).
        bins: of equal width between 0 and 1, each without its lower end.
    """
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    # |Σ right - Σ confidence| of a bin is its share of the images times the difference of the two means, times N.
    gaps = np.bincount(place, weights=right - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(labels))


def fitted_temperature(logits: npt.NDArray[np.floating], labels: Labels) -> float | None:
    """Return the temperature at which the negative log likelihood of images is least.

    The likelihood is concave in 1 / temperature, so its derivative has one root.

    Args:
        logits: (N, classes) of images that the temperature is not judged on.
        labels: (N,).

    Returns:
        From 0.02 to 50; None where the best one lies outside, as where all images are classified rightly.
    """
    wide = logits.astype(np.float64)
    wide -= wide.max(axis=1, keepdims=True)  # so that the powers below do not overflow
    own = wide[np.arange(len(labels)), labels].mean()

    def slope(inverse: float) -> float:
        """Return the derivative of the negative log likelihood by 1 / temperature."""
        powers = np.exp(inverse * wide)
        return float((powers * wide).sum(axis=1) @ (1 / powers.sum(axis=1)) / len(labels) - own)

    if slope(1 / MOST) >= 0 or slope(1 / LEAST) <= 0:
        return None
    return float(1 / brentq(slope, 1 / MOST, 1 / LEAST, xtol=1e-9))


def log_probabilities(logits: npt.NDArray[np.floating], temperature: float = 1.0) -> Floats:
    """Return the logarithms of the probabilities (N, classes) at a temperature."""
    found: Floats = log_softmax(logits.astype(np.float64) / temperature, axis=1)
    return found


@dataclass(frozen=True)
class Scaling:
    """What temperature scaling brings.

    ``temperature`` is the one to use; None where none could be fitted: ``how`` says why, and else on which images it
    was. ``before`` and ``after`` are of the same images, and no image was scaled with a temperature that it helped to
    fit.
    """

    before: Honesty
    after: Honesty | None
    temperature: float | None
    how: str


def unscaled(logits: npt.NDArray[np.floating], labels: Labels, *, why: str) -> Scaling:
    """Return the figures as the model was trained, alone."""
    return Scaling(honesty(log_probabilities(logits), labels), None, None, why)


def scaled_by_held_out(
    logits: npt.NDArray[np.floating],
    labels: Labels,
    *,
    held_logits: npt.NDArray[np.floating],
    held_labels: Labels,
    name: str,
) -> Scaling:
    """Fit a temperature on other images than it is judged on.

    Args:
        logits: (N, classes) of the images that are judged.
        labels: (N,).
        held_logits: of the images that it is fitted on.
        held_labels: theirs.
        name: of these images: ``the validation split``.
    """
    before = honesty(log_probabilities(logits), labels)
    found = fitted_temperature(held_logits, held_labels)
    if found is None:
        return Scaling(
            before,
            None,
            None,
            f"no temperature fits {name} best: it has too few mistakes, or too few right answers",
        )
    after = honesty(log_probabilities(logits, found), labels)
    return Scaling(before, after, found, f"fitted on {len(held_labels):,} images of {name}")


def scaled_by_halves(logits: npt.NDArray[np.floating], labels: Labels, *, seed: int = 0) -> Scaling:
    """Judge each half of the images with the temperature of the other half.

    Args:
        logits: (N, classes).
        labels: (N,).
        seed: of the halves.
    """
    before = honesty(log_probabilities(logits), labels)
    if len(labels) < 2:
        return Scaling(before, None, None, "a single image cannot be halved")
    order = np.random.default_rng(seed).permutation(len(labels))
    halves = order[: len(order) // 2], order[len(order) // 2 :]
    fitted = [fitted_temperature(logits[half], labels[half]) for half in halves]
    whole = fitted_temperature(logits, labels)
    if whole is None or fitted[0] is None or fitted[1] is None:
        return Scaling(
            before,
            None,
            None,
            "no temperature fits each half best: they have too few mistakes, or too few right answers",
        )
    changed = np.empty((len(labels), logits.shape[1]))
    for half, other in zip(halves, reversed(fitted), strict=True):
        assert other is not None, "looked at above"
        changed[half] = log_probabilities(logits[half], other)
    how = (
        f"fitted on all these images; judged in two halves, each with the temperature of the other "
        f"({fitted[1]:.3f} and {fitted[0]:.3f})"
    )
    return Scaling(before, honesty(changed, labels), whole, how)
