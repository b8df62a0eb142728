"""The focal loss (Lin et al. 2017, "Focal Loss for Dense Object Detection"), over classes that exclude one another."""

from __future__ import annotations

from typing import Annotated

from torch import Tensor

from search.plan.registry import Range
from search.training.losses.registry import Smoothing, losses, mean, probabilities


@losses.register("focal")
def focal(
    logits: Tensor,
    targets: Tensor,
    weights: Tensor | None = None,
    *,
    focus: Annotated[float, Range(0, 10, "how much less an image counts that is easy; 0: not at all")] = 2.0,
    label_smoothing: Smoothing = 0.0,
) -> Tensor:
    """Return the mean of -(1 - p)^focus · log p, p being the probability of the label.

    The paper's α, which weighs the classes, is the recipe's ``class_weights`` here.

    Args:
        logits: (N, classes).
        targets: classes (N,) int64, or probabilities (N, classes).
        weights: (N,) of the images; None: 1.
        focus: the paper's γ; its best one is 2, and 0 makes this the cross-entropy.
        label_smoothing: share of the target spread evenly over all classes.

    Returns:
        A scalar; with two classes equal to `torchvision.ops.sigmoid_focal_loss` of the logits' difference.
    """
    said = logits.float().log_softmax(dim=1)  # (N, classes)
    wanted = probabilities(targets, logits.shape[1], smoothing=label_smoothing)
    # As -expm1(log p) the difference 1 - p keeps its digits near p = 1; at 0 a power below 1 has no finite gradient.
    missing = (-said.expm1()).clamp(min=1e-12)
    return mean(-(wanted * missing**focus * said).sum(dim=1), weights)
