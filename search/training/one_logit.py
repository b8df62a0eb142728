"""Two classes by one output: the logit of the second class, the first one's being 0 (logistic regression, Cox 1958)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from search.training.auxiliary import WithAuxiliary, each


class OneLogit(nn.Module):
    """Gives a model of one output the two logits that everything else expects: [0, z].

    Their softmax is (1 - σ(z), σ(z)), so evaluation, predictions and exported files need not know.

    Args:
        model: from images to (N, 1).
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor | WithAuxiliary:
        """Return the logits (N, 2), in training also those of auxiliary classifiers."""
        return each(_of_both, self.model(images))


def _of_both(logit: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(logit), logit], dim=1)
