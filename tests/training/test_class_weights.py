"""Weights of classes against scikit-learn's, and how they reach a loss."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.utils.class_weight import compute_class_weight
from torch import Tensor, nn

from search.training.class_weights import balanced_weights, weighted
from search.training.data import Split
from search.training.errors import SettingsError
from search.training.losses import losses

LABELS = np.array([0, 0, 0, 0, 0, 2, 2, 3])


def split() -> Split:
    return Split(np.zeros((8, 1, 1, 1), np.uint8), LABELS, np.arange(8))


def test_weights_are_scikit_learns_and_a_class_without_images_has_none() -> None:
    weights = balanced_weights(split(), 5)
    theirs = compute_class_weight("balanced", classes=np.array([0, 2, 3]), y=LABELS)
    assert weights[[0, 2, 3]].tolist() == pytest.approx(theirs.tolist())
    assert weights[[1, 4]].tolist() == [0, 0]
    assert float(weights[LABELS].mean()) == pytest.approx(1.0)


def test_a_weighted_cross_entropy_is_torchs_over_the_number_of_images() -> None:
    """torch divides by the sum of the weights, which differs from batch to batch."""
    logits, labels = torch.randn(8, 4, generator=torch.Generator().manual_seed(0)), torch.from_numpy(LABELS)
    weights = balanced_weights(split(), 4)
    found = weighted(losses["cross_entropy"].build, weights)(logits, labels)
    theirs = nn.functional.cross_entropy(logits, labels, weight=weights, reduction="sum") / 8
    torch.testing.assert_close(found, theirs)


def test_a_mixed_image_counts_by_its_classes() -> None:
    logits, weights = torch.zeros(1, 2), torch.tensor([1.0, 3.0])
    targets = torch.tensor([[0.75, 0.25]])
    found = weighted(losses["cross_entropy"].build, weights)(logits, targets)
    assert float(found) == pytest.approx(1.5 * np.log(2))


def test_a_loss_that_knows_no_weights_is_refused() -> None:
    def plain(logits: Tensor, labels: Tensor) -> Tensor:
        return nn.functional.cross_entropy(logits, labels)

    with pytest.raises(SettingsError, match="class_weights is 'balanced', but this loss has no third"):
        weighted(plain, torch.ones(3))
