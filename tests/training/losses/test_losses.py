"""The contract of every registered loss."""

from __future__ import annotations

import pytest
import torch

from search.training.losses import losses


@pytest.mark.parametrize("name", losses.names())
def test_loss_is_a_scalar_with_a_gradient_that_prefers_the_label(name: str) -> None:
    logits = torch.zeros(4, 3, requires_grad=True)
    labels = torch.tensor([0, 1, 2, 0])
    loss = losses[name].build(logits, labels)
    assert loss.shape == ()
    loss.backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert (logits.grad[range(4), labels] < 0).all()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_the_closed_form_with_smoothing(smoothing: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits, labels = torch.randn(6, 4, generator=generator), torch.tensor([0, 1, 2, 3, 0, 1])
    target = torch.full((6, 4), smoothing / 4)
    target[range(6), labels] += 1 - smoothing
    expected = -(target * logits.log_softmax(dim=1)).sum(dim=1).mean()
    torch.testing.assert_close(
        losses["cross_entropy"].build(logits, labels, label_smoothing=smoothing), expected
    )
