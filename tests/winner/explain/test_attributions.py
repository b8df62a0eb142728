"""Integrated gradients and occlusion beside closed forms and brute force."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from search.training.architectures import architectures
from search.winner.explain.attributions import integrated_gradients, occlusion

random = torch.Generator().manual_seed(0)


def test_of_a_linear_model_the_integral_has_a_closed_form() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(3 * 6 * 5, 4))
    image, black = torch.randn(3, 6, 5, generator=random), torch.randn(3, 6, 5, generator=random)
    weights = model[1].weight[2].detach().view(3, 6, 5)
    expected = ((image - black) * weights).sum(dim=0)
    assert torch.allclose(integrated_gradients(model, image, black, 2), expected, atol=1e-5)


def test_attributions_add_up_to_the_difference_of_the_scores() -> None:
    model = architectures["cnn"].build((1, 16, 16), 4, activation="gelu").eval()
    image, black = torch.randn(1, 16, 16, generator=random), torch.full((1, 16, 16), -0.5)
    with torch.no_grad():
        difference = float((model(image[None]) - model(black[None]))[0, 1])
    found = integrated_gradients(model, image, black, 1, steps=300)
    assert float(found.sum()) == pytest.approx(difference, rel=0.02, abs=1e-4)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("shape", [(1, 9, 14), (3, 16, 16), (1, 2, 3)])
def test_occlusion_is_the_mean_loss_over_the_squares_that_cover_a_pixel(shape: tuple[int, int, int]) -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(shape[0] * shape[1] * shape[2], 3), nn.Tanh())
    image = torch.randn(shape, generator=random)
    side = max(2, min(shape[1:]) // 7)
    losses, covers = torch.zeros(shape[1:]), torch.zeros(shape[1:])
    with torch.no_grad():
        whole = model(image[None])[0, 1]
        for top in starts(shape[1], side):
            for left in starts(shape[2], side):
                covered = image.clone()
                covered[:, top : top + side, left : left + side] = 0
                losses[top : top + side, left : left + side] += whole - model(covered[None])[0, 1]
                covers[top : top + side, left : left + side] += 1
    assert torch.allclose(occlusion(model, image, 1), losses / covers, atol=1e-5)


def starts(length: int, side: int) -> list[int]:
    """Return where squares begin: every half side, until the last pixel is covered."""
    step, found = max(1, side // 2), [0]
    while found[-1] + side < length:
        found.append(found[-1] + step)
    return found
