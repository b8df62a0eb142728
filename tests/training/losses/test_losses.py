"""The contract of every registered loss."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

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


def some(classes: int) -> tuple[Tensor, Tensor]:
    """Return logits (8, classes) and labels (8,)."""
    generator = torch.Generator().manual_seed(0)
    return 3 * torch.randn(8, classes, generator=generator), torch.arange(8) % classes


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("name", losses.names())
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_labels_and_certain_probabilities_are_the_same_target(
    name: str, classes: int, dtype: torch.dtype
) -> None:
    logits, labels = some(classes)
    certain = nn.functional.one_hot(labels, classes).float()
    build = losses[name].build
    with torch.autocast("cpu", dtype=torch.bfloat16):  # as a training step has it
        torch.testing.assert_close(build(logits.to(dtype), certain), build(logits.to(dtype), labels))


@pytest.mark.parametrize("name", losses.names())
def test_a_mixture_of_targets_has_the_mixture_of_the_losses(name: str) -> None:
    """Mixup's loss is often written so; for each of these losses it is the same."""
    logits, labels = some(4)
    other = labels.roll(1)
    mixed = 0.3 * nn.functional.one_hot(labels, 4) + 0.7 * nn.functional.one_hot(other, 4)
    build = losses[name].build
    torch.testing.assert_close(build(logits, mixed), 0.3 * build(logits, labels) + 0.7 * build(logits, other))


@pytest.mark.parametrize("name", losses.names())
def test_weights_multiply_the_images_before_a_mean_over_all(name: str) -> None:
    logits, labels = some(3)
    weights = torch.linspace(0, 2, 8)
    build = losses[name].build
    each = torch.stack([build(logits[i : i + 1], labels[i : i + 1]) for i in range(8)])
    torch.testing.assert_close(build(logits, labels, weights), (each * weights).sum() / 8)
    torch.testing.assert_close(build(logits, labels, torch.ones(8)), build(logits, labels))


@pytest.mark.parametrize("name", losses.names())
@pytest.mark.parametrize("classes", [2, 5])
def test_the_gradient_is_finite_however_sure_a_model_is(name: str, classes: int) -> None:
    logits = torch.full((2, classes), -200.0)
    logits[:, 0] = 200.0
    logits.requires_grad_()
    losses[name].build(logits, torch.tensor([0, 1])).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("focus", [0.0, 0.5, 2.0])
def test_focal_of_two_classes_is_torchvisions(focus: float) -> None:
    ops = pytest.importorskip("torchvision.ops")
    logits, labels = some(2)
    theirs = ops.sigmoid_focal_loss(
        logits[:, 1] - logits[:, 0], labels.float(), alpha=-1, gamma=focus, reduction="mean"
    )
    torch.testing.assert_close(losses["focal"].build(logits, labels, focus=focus), theirs)


def test_focal_of_many_classes_is_the_papers_formula() -> None:
    logits, labels = some(5)
    p = logits.softmax(dim=1)[range(8), labels]
    torch.testing.assert_close(
        losses["focal"].build(logits, labels, focus=2.0), (-((1 - p) ** 2) * p.log()).mean()
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_without_focus_it_is_the_cross_entropy(smoothing: float) -> None:
    logits, labels = some(5)
    found = losses["focal"].build(logits, labels, focus=0.0, label_smoothing=smoothing)
    torch.testing.assert_close(
        found, losses["cross_entropy"].build(logits, labels, label_smoothing=smoothing)
    )


def test_binary_cross_entropy_asks_each_class() -> None:
    logits = torch.tensor([[0.0, 2.0, -1.0]])
    expected = (math.log(2) + math.log(1 + math.exp(-2)) + math.log(1 + math.exp(-1))) / 3
    assert losses["binary_cross_entropy"].build(logits, torch.tensor([1])).item() == pytest.approx(expected)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_binary_cross_entropy_of_two_classes_is_that_of_one_logit(smoothing: float) -> None:
    """And so the cross-entropy of two, whose difference it is."""
    logits, labels = some(2)
    found = losses["binary_cross_entropy"].build(logits, labels, label_smoothing=smoothing)
    wanted = labels * (1 - smoothing) + smoothing / 2
    torch.testing.assert_close(
        found, nn.functional.binary_cross_entropy_with_logits(logits[:, 1] - logits[:, 0], wanted)
    )
    torch.testing.assert_close(
        found, losses["cross_entropy"].build(logits, labels, label_smoothing=smoothing)
    )
