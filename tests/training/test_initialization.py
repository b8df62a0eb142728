"""Initial weights by scheme, against the moments that their papers give."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from search.training.initialization import initialize


def model() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(16, 64, 3), nn.BatchNorm2d(64), nn.Linear(256, 128), nn.Linear(128, 4, bias=False)
    )


def test_default_changes_nothing_and_draws_nothing() -> None:
    one, other = model(), model()
    before = torch.get_rng_state()
    initialize(one, "default")
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))


def test_kaiming_has_he_et_als_variance() -> None:
    network = model()
    initialize(network, "kaiming")
    assert network[0].weight.std().item() == pytest.approx((2 / (16 * 9)) ** 0.5, rel=0.05)
    assert network[2].weight.std().item() == pytest.approx((2 / 256) ** 0.5, rel=0.05)


def test_xavier_has_glorot_and_bengios_bound() -> None:
    network = model()
    initialize(network, "xavier")
    bound = (6 / (256 + 128)) ** 0.5
    assert network[2].weight.abs().max().item() == pytest.approx(bound, rel=0.01)


def test_orthogonal_rows_are_orthogonal() -> None:
    network = model()
    initialize(network, "orthogonal")
    weight = network[2].weight  # (128, 256)
    torch.testing.assert_close(weight @ weight.T, torch.eye(128), atol=1e-5, rtol=0)


@pytest.mark.parametrize("scheme", ["kaiming", "xavier", "orthogonal"])
def test_biases_are_zero_and_norms_are_left(scheme: str) -> None:
    network = model()
    initialize(network, scheme)  # type: ignore[arg-type]
    assert not network[0].bias.any()
    assert torch.equal(network[1].weight, torch.ones(64))
