"""Costs on the meta device against closed forms and published figures."""

from __future__ import annotations

import pytest

from search.plan.trial_config import DataConfig, TrialConfig
from search.training.cost import cost, figures


def trial(**settings: object) -> TrialConfig:
    return TrialConfig(settings, DataConfig("digits"), epochs=1)  # type: ignore[arg-type]


# Multiply-adds at 224×224 as torchvision publishes them for its weights, in billions.
@pytest.mark.parametrize(("name", "billions"), [("resnet18", 1.814), ("resnet34", 3.664), ("resnet50", 4.089),
                                                ("resnet101", 7.801), ("resnet152", 11.514)])  # fmt: skip
def test_flops_of_resnets_are_the_published_ones(name: str, billions: float) -> None:
    assert cost(trial(architecture=name), (3, 224, 224), 1000).flops == pytest.approx(
        2e9 * billions, rel=1e-3
    )


def test_cost_of_a_cnn_is_the_closed_form() -> None:
    settings = {"layers": 1, "width": 8, "dense_units": 0, "batch_norm": False, "dropout": 0.0}
    found = cost(trial(**settings, batch_size=10), (1, 8, 8), 3)
    assert found.parameters == 9 * 8 + 8 + 8 * 3 + 3
    assert found.flops == 2 * (9 * 8 * 64 + 8 * 3)
    # weight, gradient, momentum; then for 10 images: input, ReLU's output, pooling's indices and input, the mean
    fixed, saved = 4 * 3 * found.parameters, found.memory - 4 * 3 * found.parameters
    assert fixed > 0
    assert 10 * (64 + 8 * 64) * 4 <= saved <= 10 * (64 + 4 * 8 * 64) * 4


def test_each_of_several_processes_holds_its_share_of_a_batch_and_all_of_the_weights() -> None:
    """30 images among 4 processes are 8 at most: what one process holds of a batch of 8."""
    shape = (3, 32, 32)

    def memory(processes: int, **settings: int) -> int:
        return figures(trial(**settings), shape, 10, ("memory",), processes=processes)["memory"]

    assert memory(4, batch_size=30) == memory(1, batch_size=8) < memory(1, batch_size=30)
    assert memory(4, batch_size=30, accumulation=2) == memory(1, batch_size=4)
    # Batch norm needs two images in each: with too few all of them compute the whole batch.
    assert memory(4, batch_size=7) == memory(1, batch_size=7)


def test_memory_grows_with_the_batch_and_the_optimizer() -> None:
    base = cost(trial(batch_size=64), (3, 32, 32), 10)
    twice = cost(trial(batch_size=128), (3, 32, 32), 10)
    fixed = 4 * 3 * base.parameters
    assert twice.memory - fixed == 2 * (base.memory - fixed)
    assert (
        cost(trial(batch_size=64, optimizer="adamw"), (3, 32, 32), 10).memory
        == base.memory + 4 * base.parameters
    )
