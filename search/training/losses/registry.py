"""The registry of losses: what each must be, whoever writes it.

A loss is a function ``loss(logits, targets, weights=None, *, settings…) -> Tensor``: the mean over the batch, a scalar.
``logits`` are (N, classes) in any floating type. ``targets`` are either classes (N,) int64 or probabilities
(N, classes) float, whose rows sum to 1. ``weights`` (N,) float32 multiply the images' losses before the mean, which
divides by N whatever they are, so that the loss of a batch is the mean of its parts'; a loss without this argument
cannot be trained with class weights. A loss is what training minimises; ``val/loss`` is always the plain cross-entropy,
so that trials with different losses can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from torch import Tensor, nn

from search.plan.registry import Range, Registry

Loss = Callable[..., Tensor]

losses: Registry[Loss] = Registry("loss")

Smoothing = Annotated[float, Range(0, 0.9, "share of the target spread over all classes")]


def probabilities(targets: Tensor, classes: int, *, smoothing: float = 0.0) -> Tensor:
    """Return what a model should say, as probabilities (N, classes) float32.

    Args:
        targets: classes (N,) int64, or probabilities (N, classes).
        classes: their number.
        smoothing: share that is spread evenly over all classes (Szegedy et al. 2016).
    """
    certain = targets.float() if targets.ndim == 2 else nn.functional.one_hot(targets, classes).float()
    return certain * (1 - smoothing) + smoothing / classes if smoothing else certain


def mean(of_images: Tensor, weights: Tensor | None) -> Tensor:
    """Return the mean of the images' losses (N,), each multiplied by its weight where there are any."""
    return of_images.mean() if weights is None else (of_images * weights).mean()
