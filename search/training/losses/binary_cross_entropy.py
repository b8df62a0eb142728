"""Binary cross-entropy: each class is a yes or no of its own (Wightman et al. 2021, "ResNet strikes back")."""

from __future__ import annotations

from torch import Tensor, nn

from search.training.losses.registry import Smoothing, losses, mean, probabilities


@losses.register("binary_cross_entropy")
def binary_cross_entropy(
    logits: Tensor, targets: Tensor, weights: Tensor | None = None, *, label_smoothing: Smoothing = 0.0
) -> Tensor:
    """Return the mean binary cross-entropy, over classes as over images.

    Two classes are one question: the logit is the second one's less the first one's, and the model is built with this
    one output (`search.training.one_logit`).

    Args:
        logits: (N, classes).
        targets: classes (N,) int64, or probabilities (N, classes).
        weights: (N,) of the images; None: 1.
        label_smoothing: share of the target spread evenly over all classes.

    Returns:
        A scalar; the mean over the classes is timm's, and 1 / classes of the sum.
    """
    said = logits.float()
    wanted = probabilities(targets, logits.shape[1], smoothing=label_smoothing)
    if logits.shape[1] == 2:
        said, wanted = said[:, 1:] - said[:, :1], wanted[:, 1:]  # (N, 1)
    of_classes = nn.functional.binary_cross_entropy_with_logits(said, wanted, reduction="none")
    return mean(of_classes.mean(dim=1), weights)
