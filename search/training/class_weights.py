"""Weights of classes in the loss: rare ones count more (King and Zeng 2001; scikit-learn's ``balanced``)."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import torch
from torch import Tensor

from search.training.data.dataset import Split
from search.training.errors import SettingsError
from search.training.losses.registry import Loss


def balanced_weights(split: Split, classes: int) -> Tensor:
    """Return n / (present classes · images of the class); the mean over the split's images is 1.

    Args:
        split: of n images.
        classes: their number; one without images in the split has the weight 0.

    Returns:
        (classes,) float32.
    """
    counts = torch.bincount(torch.from_numpy(split.labels[split.indices]), minlength=classes)
    weights = len(split) / (int((counts > 0).sum()) * counts.double())
    return weights.where(counts > 0, 0.0).float()


def weighted(loss: Loss, weights: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a loss as a function of (logits, targets) that counts each image by its class.

    An image of several classes, as mixup makes them, counts by their weights in its own proportion.

    Args:
        loss: of the registry, its settings bound.
        weights: (classes,) on the device of the logits.

    Raises:
        SettingsError: the loss takes no weights.
    """
    arguments = inspect.signature(loss).parameters.values()
    if sum(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in arguments) < 3:
        raise SettingsError(
            "class_weights is 'balanced', but this loss has no third argument, the weights of the images; set "
            "class_weights to none, or sampling to balanced"
        )

    def of_batch(logits: Tensor, targets: Tensor) -> Tensor:
        counted = weights[targets] if targets.ndim == 1 else targets.float() @ weights
        return loss(logits, targets, counted)

    return of_batch
