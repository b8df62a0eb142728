"""The average of weights against its formula and against torch's AveragedModel."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from search.training.averaging import Average


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))


def wander(network: nn.Module, step: int) -> None:
    """Change parameters and the running means."""
    generator = torch.Generator().manual_seed(step)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator))
    network.train()(torch.randn(8, 4, generator=generator))


def test_weights_and_running_means_follow_the_formula() -> None:
    network = model()
    average = Average(network, decay=0.8)
    expected = copy.deepcopy(network.state_dict())
    for step in range(1, 60):
        wander(network, step)
        average.update(network)
        memory = min(0.8, (1 + step) / (10 + step))
        for name, tensor in network.state_dict().items():
            follows = tensor.is_floating_point()
            expected[name] = memory * expected[name] + (1 - memory) * tensor if follows else tensor.clone()
    for name, tensor in average.model.state_dict().items():
        torch.testing.assert_close(tensor, expected[name])


def test_it_is_torchs_averaged_model_with_the_same_memory() -> None:
    network = model()

    def follow(averaged: list[Tensor], current: list[Tensor], steps: Tensor) -> None:
        memory = min(0.9, (1 + int(steps)) / (10 + int(steps)))
        for one, other in zip(averaged, current, strict=True):
            one.copy_(memory * one + (1 - memory) * other)

    average, theirs = Average(network, decay=0.9), AveragedModel(network, multi_avg_fn=follow)
    theirs.n_averaged.fill_(1)  # else its first update is a copy
    for step in range(30):
        wander(network, step)
        average.update(network)
        theirs.update_parameters(network)
    for one, own in zip(theirs.module.parameters(), average.model.parameters(), strict=True):
        torch.testing.assert_close(one, own)


def test_the_copy_is_for_evaluation_only_and_the_model_is_left_alone() -> None:
    network = model()
    average = Average(network, decay=0.9)
    assert not average.model.training
    assert not any(parameter.requires_grad for parameter in average.model.parameters())
    before = copy.deepcopy(network.state_dict())
    average.update(network)
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_state_goes_on_bit_for_bit() -> None:
    network = model()
    average = Average(network, decay=0.9)
    wander(network, 0)
    average.update(network)
    restored = Average(model(), decay=0.9)
    restored.restore(average.state(), copy.deepcopy(average.model.state_dict()))
    wander(network, 1)
    average.update(network)
    restored.update(network)
    mine, theirs = average.model.state_dict(), restored.model.state_dict()
    assert all(torch.equal(mine[name], theirs[name]) for name in mine)
