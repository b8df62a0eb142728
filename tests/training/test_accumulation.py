"""The gradient of a batch in parts is the whole batch's."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from search.training.accumulation import cuts, gradient, smallest_part
from search.training.team import ALONE


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 8), nn.ReLU(), nn.Linear(8, 3)).double()


@given(images=st.integers(1, 40), parts=st.integers(1, 50), least=st.integers(1, 3), seed=st.integers(0, 9))
def test_parts_add_up_to_the_whole(images: int, parts: int, least: int, seed: int) -> None:
    """Nothing is left out, no part is too small, none twice as large as another, and the loss is the batch's mean."""
    random = torch.Generator().manual_seed(seed)
    batch = torch.randn(images, 1, 4, 4, generator=random, dtype=torch.float64)
    labels = torch.randint(0, 3, (images,), generator=random)
    one = model()
    other, sizes = copy.deepcopy(one), []

    def forward(rows: slice | None) -> tuple[Tensor, Tensor]:
        some, wanted = (batch, labels) if rows is None else (batch[rows], labels[rows])
        sizes.append(len(some))
        logits = one(some)
        return nn.functional.cross_entropy(logits, wanted), (logits.argmax(dim=1) == wanted).sum()

    loss, hits = gradient(forward, ALONE.shard(images), parts=parts, least=least)
    whole = other(batch)
    expected = nn.functional.cross_entropy(whole, labels)
    expected.backward()  # type: ignore[no-untyped-call]
    assert sum(sizes) == images
    assert len(sizes) == cuts(ALONE.shard(images), parts, least) <= parts
    assert min(sizes) >= min(least, images)
    assert max(sizes) - min(sizes) <= 1
    assert not loss.requires_grad
    torch.testing.assert_close(loss, expected.detach())
    assert int(hits) == int((whole.argmax(dim=1) == labels).sum())
    for mine, theirs in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, theirs.grad)


@pytest.mark.parametrize(
    ("images", "parts", "least", "count"), [(10, 3, 2, 3), (5, 4, 2, 2), (3, 2, 2, 1), (3, 9, 1, 3)]
)
def test_a_batch_is_cut_as_often_as_wanted_or_possible(
    images: int, parts: int, least: int, count: int
) -> None:
    assert cuts(ALONE.shard(images), parts, least) == count


@pytest.mark.parametrize(
    ("layer", "least"),
    [(nn.BatchNorm1d(8), 2), (nn.LayerNorm(8), 1), (nn.GroupNorm(2, 8), 1), (nn.Identity(), 1)],
)
def test_only_batch_norm_needs_two_images(layer: nn.Module, least: int) -> None:
    network = nn.Sequential(nn.Linear(4, 8), layer, nn.Linear(8, 2))
    assert smallest_part(network) == least
    assert network(torch.zeros(least, 4)).shape == (least, 2)
    if least > 1:
        with pytest.raises(ValueError, match="more than 1 value per channel"):
            network(torch.zeros(1, 4))
