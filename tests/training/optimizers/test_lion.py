"""Lion against algorithm 2 of its paper, written out, and against timm's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from search.training.optimizers.lion import Lion

LR, BETAS, DECAY = 0.01, (0.9, 0.99), 0.1


def gradients() -> list[Tensor]:
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(4, 3, generator=generator) for _ in range(20)]


def stepped(make: object) -> Tensor:
    """Return where 20 gradients lead from a matrix of ones."""
    parameter = torch.nn.Parameter(torch.ones(4, 3))
    optimizer = make([{"params": [parameter], "weight_decay": DECAY}])  # type: ignore[operator]
    for gradient in gradients():
        parameter.grad = gradient.clone()
        optimizer.step()
    return parameter.detach()


def test_steps_are_those_of_the_paper() -> None:
    x, m = torch.ones(4, 3), torch.zeros(4, 3)
    for g in gradients():
        c = BETAS[0] * m + (1 - BETAS[0]) * g
        x = x - LR * (c.sign() + DECAY * x)
        m = BETAS[1] * m + (1 - BETAS[1]) * g
    torch.testing.assert_close(stepped(lambda groups: Lion(groups, lr=LR, betas=BETAS)), x)


@pytest.mark.slow  # importing timm takes longer than all of these tests
def test_steps_are_timms() -> None:
    timm = pytest.importorskip("timm.optim.lion", reason="the extra [timm] is not installed")
    theirs = stepped(lambda groups: timm.Lion(groups, lr=LR, betas=BETAS))
    torch.testing.assert_close(stepped(lambda groups: Lion(groups, lr=LR, betas=BETAS)), theirs)


def test_a_parameter_without_gradient_stays() -> None:
    parameter = torch.nn.Parameter(torch.ones(2, 2))
    Lion([{"params": [parameter], "weight_decay": DECAY}], lr=LR, betas=BETAS).step()
    assert torch.equal(parameter, torch.ones(2, 2))
