"""The contract of every registered optimizer, and what weight decay leaves alone."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import load_data
from search.training.fit import fit
from search.training.optimizers import decay_groups, optimizers

NAMES = optimizers.names()

REFERENCES: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adagrad": torch.optim.Adagrad,
    "rmsprop": torch.optim.RMSprop,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "nadam": torch.optim.NAdam,
}


def quadratic(model: nn.Module) -> torch.Tensor:
    """A convex loss with its minimum where every parameter is 1."""
    return torch.stack([(p - 1).square().sum() for p in model.parameters()]).sum()


def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    optimizer.zero_grad()
    loss = quadratic(model)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return loss.item()


def small_model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 3))


@pytest.mark.parametrize("name", NAMES)
def test_steps_reduce_a_convex_loss(name: str) -> None:
    model = small_model()
    optimizer = optimizers[name].build(model.parameters(), learning_rate=0.01, weight_decay=0.0)
    losses = [step(model, optimizer) for _ in range(50)]
    assert losses[-1] < 0.8 * losses[0]


@pytest.mark.parametrize("name", NAMES)
def test_state_restored_into_a_new_optimizer_steps_the_same(name: str) -> None:
    model = small_model()
    optimizer = optimizers[name].build(model.parameters())
    for _ in range(3):
        step(model, optimizer)
    other = copy.deepcopy(model)
    restored = optimizers[name].build(other.parameters())
    restored.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for _ in range(3):
        step(model, optimizer)
        step(other, restored)
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), other.parameters(), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_weight_decay_shrinks_weights_and_leaves_biases_and_norms(name: str) -> None:
    model = small_model()
    before = [p.detach().clone() for p in model.parameters()]
    optimizer = optimizers[name].build(model.parameters(), learning_rate=0.01, weight_decay=0.1)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()
    for old, new in zip(before, model.parameters(), strict=True):
        assert torch.equal(old, new) == (new.ndim <= 1)
        assert new.norm() <= old.norm()


@pytest.mark.parametrize("name", NAMES)
def test_learning_rate_is_the_peak_of_every_group(name: str) -> None:
    optimizer = optimizers[name].build(small_model().parameters(), learning_rate=0.37)
    assert {group["lr"] for group in optimizer.param_groups} == {0.37}


@pytest.mark.parametrize("name", REFERENCES)
def test_one_step_equals_torch_without_fusing(name: str) -> None:
    """The reference is torch's own loop over parameters, with the registered defaults."""
    settings = {s.name: s.default for s in optimizers[name].settings}
    keywords = {"lr": settings["learning_rate"], "foreach": False}
    keywords |= {"momentum": settings["momentum"], "nesterov": settings["nesterov"]} if name == "sgd" else {}
    model, reference = small_model(), small_model()
    ours = optimizers[name].build(model.parameters())
    theirs = REFERENCES[name](decay_groups(reference.parameters(), settings["weight_decay"]), **keywords)  # type: ignore[arg-type]
    for _ in range(5):
        step(model, ours)
        step(reference, theirs)
    for a, b in zip(model.parameters(), reference.parameters(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("name", NAMES)
def test_a_few_steps_lower_the_loss_on_digits(name: str) -> None:
    """With the registered defaults; 13 steps an epoch."""
    settings: dict[str, Value] = {"optimizer": name, "layers": 2, "width": 8, "schedule": "constant"}
    trial = TrialConfig(settings, DataConfig("digits"), epochs=3)
    losses = [report.metrics["train/loss"] for report in fit(trial, load_data(trial.data), device="cpu")]
    assert losses == sorted(losses, reverse=True)


def test_sgd_without_momentum_ignores_nesterov() -> None:
    model = small_model()
    weight = next(model.parameters())
    before, optimizer = (
        weight.detach().clone(),
        optimizers["sgd"].build(model.parameters(), learning_rate=0.1, momentum=0.0, weight_decay=0.0),
    )
    step(model, optimizer)
    torch.testing.assert_close(weight.detach(), before - 0.1 * 2 * (before - 1))


def test_frozen_parameters_and_empty_groups_are_left_out() -> None:
    model = nn.Linear(2, 2, bias=False)
    assert len(decay_groups(model.parameters(), 0.1)) == 1
    model.weight.requires_grad = False
    assert decay_groups(model.parameters(), 0.1) == []


@given(
    kinds=st.lists(
        st.tuples(st.sampled_from([1.0, 0.5, 0.25]), st.integers(0, 2), st.integers(1, 2)), min_size=1
    )
)
def test_slower_and_later_parameters_are_groups_of_their_own(kinds: list[tuple[float, int, int]]) -> None:
    """Each once, none mixed, the fastest first; without these marks there are the two usual groups."""
    parameters = []
    for factor, number, dimensions in kinds:
        parameter = nn.Parameter(torch.zeros((1,) * dimensions))
        parameter.lr_factor, parameter.joins = factor, number  # type: ignore[attr-defined]
        parameters.append(parameter)
    groups = decay_groups(parameters, 0.1)
    seen = [
        (g.get("lr_factor", 1.0), {p.joins for p in g["params"]}, {p.ndim > 1 for p in g["params"]})
        for g in groups
    ]
    assert sorted(id(p) for group in groups for p in group["params"]) == sorted(map(id, parameters))
    assert all(len(numbers) == len(decays) == 1 for _, numbers, decays in seen)
    assert len(groups) == len({(factor, number, dimensions) for factor, number, dimensions in kinds})
    assert [factor for factor, _, _ in seen] == sorted((factor for factor, _, _ in seen), reverse=True)
    assert all((group["weight_decay"] == 0.1) is (group["params"][0].ndim > 1) for group in groups)
