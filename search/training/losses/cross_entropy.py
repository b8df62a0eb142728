"""Cross-entropy with label smoothing (Szegedy et al. 2016, "Rethinking the Inception Architecture")."""

from __future__ import annotations

from torch import Tensor, nn

from search.training.losses.registry import Smoothing, losses, mean


@losses.register("cross_entropy")
def cross_entropy(
    logits: Tensor, targets: Tensor, weights: Tensor | None = None, *, label_smoothing: Smoothing = 0.0
) -> Tensor:
    """Return the mean cross-entropy.

    Args:
        logits: (N, classes).
        targets: classes (N,) int64, or probabilities (N, classes).
        weights: (N,) of the images; None: 1.
        label_smoothing: share of the target spread evenly over all classes; 0.1 in the paper.

    Returns:
        A scalar.
    """
    if weights is None:
        return nn.functional.cross_entropy(logits, targets, label_smoothing=label_smoothing)
    of_images = nn.functional.cross_entropy(
        logits, targets, label_smoothing=label_smoothing, reduction="none"
    )
    return mean(of_images, weights)
