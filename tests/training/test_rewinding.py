"""A mark before a step brings back all that a forward pass changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from search.training.rewinding import Rewind

CPU = torch.device("cpu")


class Exchanging(nn.Module):
    """A plugin's layer that puts another tensor into its place, of the batch's size, instead of writing into it."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(1))
        self.register_buffer("none", None)

    def forward(self, images: Tensor) -> Tensor:
        self.seen = images.flatten(1).sum(dim=1)
        return images


def network() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), Exchanging())


def buffers(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.named_buffers()}


@pytest.mark.parametrize("before", [[], [3], [3, 5, 5]], ids=str)
def test_buffers_and_the_random_stream_are_as_at_the_last_mark(before: list[int]) -> None:
    model = network()
    rewind = Rewind(model, CPU)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for images in before:
            rewind.mark()
            model(torch.randn(images, 1, 8, 8))
        rewind.mark()
        expected, said = buffers(model), model(torch.ones(4, 1, 8, 8))
        after = buffers(model)
        assert any(not torch.equal(after[name], expected[name]) for name in expected)
        for _ in range(2):  # a second failure of the same step
            rewind.back()
            found = buffers(model)
            assert all(torch.equal(found[name], expected[name]) for name in expected)
            assert torch.equal(model(torch.ones(4, 1, 8, 8)), said)


@pytest.mark.parametrize("make", [lambda: nn.Linear(2, 2), network])
def test_a_mark_changes_nothing(make: Callable[[], nn.Module]) -> None:
    model = make()
    random, before = torch.get_rng_state(), buffers(model)
    Rewind(model, CPU).mark()
    assert torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.named_buffers())
