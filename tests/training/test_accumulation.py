"""The gradient of a batch in parts is the whole batch's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from search.training.accumulation import gradient


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3))


@pytest.mark.parametrize(
    ("images", "parts", "cuts"), [(10, 1, 1), (10, 3, 3), (11, 4, 4), (5, 4, 2), (3, 2, 1)]
)
def test_parts_add_up_to_the_whole(images: int, parts: int, cuts: int) -> None:
    """Nothing is left out, no part is a single image, and the loss is the batch's mean."""
    batch, labels = torch.randn(images, 1, 4, 4), torch.arange(images) % 3
    one, other = model(), model()
    sizes: list[int] = []

    def forward(some: Tensor, wanted: Tensor) -> tuple[Tensor, Tensor]:
        sizes.append(len(some))
        logits = one(some)
        return logits, nn.functional.cross_entropy(logits, wanted)

    logits, loss = gradient(forward, batch, labels, parts=parts)
    expected = nn.functional.cross_entropy(other(batch), labels)
    expected.backward()  # type: ignore[no-untyped-call]
    assert len(sizes) == cuts
    assert min(sizes) >= 2
    assert not logits.requires_grad
    torch.testing.assert_close(loss, expected.detach())
    torch.testing.assert_close(logits, other(batch).detach())
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)
