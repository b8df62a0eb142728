"""Which weights Muon steps on, and that its steps on convolutions are torch's on their matrices."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor, nn

from search.training.optimizers import decay_groups, optimizers
from search.training.optimizers.muon import Together

HIDDEN = ("2.weight", "4.weight")


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.Tanh(),
        nn.Conv2d(4, 6, 3),
        nn.Flatten(),
        nn.Linear(24, 8),
        nn.Linear(8, 2),
    )


def loss_of(network: nn.Module, step: int) -> Tensor:
    images = torch.randn(8, 3, 6, 6, generator=torch.Generator().manual_seed(step))
    out: Tensor = network(images)
    return out.square().mean()


def train(network: nn.Module, optimizer_steps: object, steps: int = 4) -> None:
    for step in range(steps):
        network.zero_grad()
        loss_of(network, step).backward()  # type: ignore[no-untyped-call]
        optimizer_steps()  # type: ignore[operator]


def reference(network: nn.Module) -> None:
    """Train with torch's Muon on copies of the hidden matrices, and torch's AdamW on the rest."""
    named = dict(network.named_parameters())
    flat = {name: nn.Parameter(named[name].detach().flatten(1).clone()) for name in HIDDEN}
    muon = torch.optim.Muon(flat.values(), lr=1e-3, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    rest = [parameter for name, parameter in named.items() if name not in HIDDEN]
    adamw = torch.optim.AdamW(decay_groups(rest, 0.1), lr=1e-3)

    def step() -> None:
        for name, matrix in flat.items():
            gradient = named[name].grad
            assert gradient is not None
            matrix.grad = gradient.flatten(1)
        muon.step()
        adamw.step()
        with torch.no_grad():
            for name, matrix in flat.items():
                named[name].copy_(matrix.view_as(named[name]))

    train(network, step)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_steps_are_torchs_on_flattened_copies(layout: torch.memory_format) -> None:
    """bfloat16 rounds the products of another order of columns otherwise, by 0.004 of a step of 0.001 at the most."""
    ours, theirs = model().to(memory_format=layout), model()
    optimizer = optimizers["muon"].build(ours.parameters())
    train(ours, optimizer.step)
    reference(theirs)
    exact = layout is torch.contiguous_format
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6 if exact else 1e-3 * 0.05, msg=name)


def test_a_learning_rate_set_from_outside_reaches_both_also_after_a_restore() -> None:
    network = model()
    optimizer = optimizers["muon"].build(network.parameters())
    train(network, optimizer.step, 1)
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    before = copy.deepcopy(list(network.parameters()))
    train(network, optimizer.step, 1)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def test_gradients_are_forgotten_everywhere() -> None:
    network = model()
    optimizer = optimizers["muon"].build(network.parameters())
    loss_of(network, 0).backward()  # type: ignore[no-untyped-call]
    optimizer.zero_grad()
    assert [parameter.grad for parameter in network.parameters()] == [None] * 8


def test_a_network_without_hidden_weights_is_left_to_adamw() -> None:
    network = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    optimizer = optimizers["muon"].build(network.parameters())
    assert isinstance(optimizer, torch.optim.AdamW)
    assert isinstance(optimizers["muon"].build(model().parameters()), Together)
