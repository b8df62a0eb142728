"""What single architectures are beside the contract of all: closed forms, published maps, stems, settings."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

from search.training.architectures import architectures


def build(name: str, shape: tuple[int, int, int], classes: int = 5, **settings: object) -> nn.Module:
    torch.manual_seed(0)
    return architectures[name].build(shape, classes, **settings)


def batch(shape: tuple[int, int, int], count: int = 2) -> Tensor:
    return torch.randn(count, *shape, generator=torch.Generator().manual_seed(1))


def test_lenet5_has_the_published_number_of_parameters() -> None:
    for side in (32, 28):  # padded to 32, as LeCun did
        assert sum(p.numel() for p in build("lenet5", (1, side, side), 10).parameters()) == 61_706


@pytest.mark.parametrize("side", [32, 28])
def test_lenet5_maps_have_the_published_sizes(side: int) -> None:
    sizes = []
    model = build("lenet5", (1, side, side), 10)
    for module in model.children():
        if isinstance(module, nn.Conv2d | nn.AvgPool2d | nn.AdaptiveAvgPool2d):
            module.register_forward_hook(lambda _m, _i, out: sizes.append(tuple(out.shape[1:])))
    model(batch((1, side, side)))
    assert sizes == [(6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5)]


@pytest.mark.parametrize(("stem", "side", "small"), [("auto", 32, True), ("auto", 95, True), ("auto", 96, False),
                                                     ("small", 224, True), ("imagenet", 32, False)])  # fmt: skip
def test_stem_is_chosen_by_size_or_by_name(stem: str, side: int, small: bool) -> None:
    with torch.device("meta"):
        model = build("resnet18", (3, side, side), stem=stem)
    assert model.conv1.stride == ((1, 1) if small else (2, 2))
    assert isinstance(model.maxpool, nn.Identity) is small


@pytest.mark.parametrize("batch_norm", [True, False])
def test_cnn_has_the_parameters_of_the_closed_form(batch_norm: bool) -> None:
    model = build(
        "cnn", (3, 32, 32), 10, layers=3, width=16, kernel_size=5, dense_units=64, batch_norm=batch_norm
    )
    widths = [3, 16, 32, 64]
    extra = 2 if batch_norm else 1  # scale and shift, or a bias
    convolutions = sum(25 * a * b + extra * b for a, b in pairwise(widths))
    assert sum(p.numel() for p in model.parameters()) == convolutions + 64 * 64 + 64 + 64 * 10 + 10


@pytest.mark.parametrize("kernel_size", range(1, 12))
@pytest.mark.parametrize("layers", [1, 8])
def test_cnn_of_any_depth_and_kernel_takes_the_smallest_images(kernel_size: int, layers: int) -> None:
    with torch.device("meta"):
        model = build("cnn", (1, 8, 8), layers=layers, kernel_size=kernel_size, width=4, block_dropout=0.1)
        assert model(torch.zeros(2, 1, 8, 8)).shape == (2, 5)


@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "elu", "gelu", "silu", "tanh", "sigmoid"])
def test_cnn_activations_are_those_of_torch(activation: str) -> None:
    model = build("cnn", (1, 8, 8), layers=1, activation=activation)
    inputs = torch.linspace(-3, 3, 50)
    reference = getattr(nn.functional, activation, None) or getattr(torch, activation)
    assert torch.equal(model[0][2](inputs.clone()), reference(inputs))  # type: ignore[index]
