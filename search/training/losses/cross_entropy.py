"""Cross-entropy with label smoothing (Szegedy et al. 2016, "Rethinking the Inception Architecture")."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor, nn

from search.plan.registry import Range
from search.training.losses.registry import losses


@losses.register("cross_entropy")
def cross_entropy(
    logits: Tensor,
    labels: Tensor,
    *,
    label_smoothing: Annotated[float, Range(0, 0.9, "share of the target spread over all classes")] = 0.0,
) -> Tensor:
    """Return the mean cross-entropy.

    Args:
        logits: (N, classes).
        labels: (N,) int64.
        label_smoothing: share of the target spread evenly over all classes; 0.1 in the paper.

    Returns:
        A scalar.
    """
    return nn.functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)
