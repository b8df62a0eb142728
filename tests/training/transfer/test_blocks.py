"""Blocks by depth: a partition of the network in its order, as its paper counts it."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from search.training.architectures import architectures
from search.training.transfer.blocks import blocks, learning_rate_factors
from search.training.transfer.head import head_names
from tests.training.architectures.families import every_architecture

COUNTS = {  # a stem, what the paper calls layers or blocks, a head
    "resnet18": 1 + 8 + 1,
    "resnet50": 1 + 16 + 1,
    "resnext50_32x4d": 1 + 16 + 1,
    "wide_resnet50_2": 1 + 16 + 1,
    "vgg11": 8 + 2 + 1,
    "vgg16_bn": 13 + 2 + 1,
    "alexnet": 5 + 2 + 1,
    "densenet121": 1 + 58 + 3 + 1,  # and three transitions
    "googlenet": 3 + 9 + 1,
    "inception_v3": 5 + 11 + 1,
    "mobilenet_v2": 1 + 17 + 1 + 1,
    "mobilenet_v3_small": 1 + 11 + 1 + 1 + 1,  # and its hidden dense layer
    "efficientnet_b0": 1 + 16 + 1 + 1,
    "convnext_tiny": 1 + 18 + 3 + 1,  # and three downsamplings
    "vit_base": 1 + 12 + 1,
}
LARGE = ("resnet50", "resnext50_32x4d", "wide_resnet50_2", "densenet121", "vgg16_bn", "mobilenet_v3_small")
"""So many modules that counting their blocks is left to `make check-all`, or like another one."""


def network_of(name: str) -> tuple[nn.Module, list[list[str]]]:
    shape = (1, 32, 32) if name.startswith("lenet") else (3, 224, 224)

    def build(classes: int) -> nn.Module:
        return architectures[name].build(shape, classes)

    with torch.device("meta"):
        network = build(10)
    return network, blocks(network, head_names(build))


@pytest.mark.parametrize("name", every_architecture())
def test_every_parameter_is_in_one_block_and_the_last_one_is_the_head(name: str) -> None:
    network, found = network_of(name)
    flat = [parameter for block in found for parameter in block]
    assert sorted(flat) == sorted(parameter for parameter, _ in network.named_parameters())
    assert len(flat) == len(set(flat))
    assert all(found)
    shapes = [dict(network.named_parameters())[parameter].shape for parameter in found[-1]]
    assert all(10 in shape for shape in shapes)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LARGE else ()) for name in COUNTS]
)
def test_a_published_network_has_the_blocks_of_its_paper(name: str) -> None:
    _, found = network_of(name)
    assert len(found) == COUNTS[name], [block[0] for block in found]


def test_a_cnn_has_its_convolutions_each_with_its_norm() -> None:
    def build(classes: int) -> nn.Module:
        return architectures["cnn"].build((1, 8, 8), classes, layers=2, dense_units=16)

    found = blocks(build(4), head_names(build))
    shapes = [[tuple(dict(build(4).named_parameters())[n].shape) for n in block] for block in found]
    assert shapes == [
        [(32, 1, 3, 3), (32,), (32,)],
        [(64, 32, 3, 3), (64,), (64,)],
        [(16, 64), (16,)],
        [(4, 16), (4,)],
    ]


@given(decay=st.floats(0.01, 1), sizes=st.lists(st.integers(1, 3), min_size=1, max_size=6))
def test_factors_fall_by_the_decay_from_the_head_down(decay: float, sizes: list[int]) -> None:
    found = [[f"{depth}.{n}" for n in range(size)] for depth, size in enumerate(sizes)]
    factors = learning_rate_factors(found, decay)
    assert factors == {
        name: decay ** (len(sizes) - 1 - depth) for depth, block in enumerate(found) for name in block
    }
    assert {factors[name] for name in found[-1]} == {1.0}
