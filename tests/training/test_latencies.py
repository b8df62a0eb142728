"""Latencies: which configurations share a network, so that it is measured once and never has two figures."""

from __future__ import annotations

from typing import Any

import pytest
from torch import nn

from search.plan.trial_config import TrialConfig
from search.training.latencies import Latencies
from search.training.parts import Parts
from tests.training.conftest import MakeConfig

SHAPE = (1, 8, 8)


SAME: list[dict[str, Any]] = [
    {"seed": 7, "epochs": 9},
    {"optimizer": "adam", "learning_rate": 0.3, "batch_size": 64, "augmentation__flip": True},
    {"dropout": 0.123},
    {"block_dropout": 0.4},
]
OTHER: list[dict[str, Any]] = [
    {"width": 5},
    {"layers": 2},
    {"activation": "gelu"},
    {"batch_norm": False},
    {"precision": "bfloat16"},
    {"channels_last": False},
]


@pytest.mark.parametrize("settings", SAME)
def test_a_network_has_one_latency_whatever_else_differs(
    config: MakeConfig, measured: list[TrialConfig], settings: dict[str, Any]
) -> None:
    latencies = Latencies(SHAPE, 3)
    assert [latencies(config()), latencies(config(**settings)), latencies(config())] == [1, 1, 1]
    assert len(measured) == 1


@pytest.mark.parametrize("settings", OTHER)
def test_another_network_is_measured_itself(
    config: MakeConfig, measured: list[TrialConfig], settings: dict[str, Any]
) -> None:
    latencies = Latencies(SHAPE, 3)
    assert [latencies(config()), latencies(config(**settings)), latencies(config())] == [1, 2, 1]


def test_what_was_measured_before_is_remembered_and_the_first_figure_stands(
    config: MakeConfig, measured: list[TrialConfig]
) -> None:
    latencies = Latencies(SHAPE, 3)
    latencies.remember(config(dropout=0.1), 42.0)
    latencies.remember(config(dropout=0.2), 43.0)
    assert latencies(config(dropout=0.3)) == 42.0
    assert not measured


def test_a_real_setting_counts_by_what_it_does_to_the_modules(
    config: MakeConfig, measured: list[TrialConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plugin's width multiplier is a real number like dropout, but makes another network."""

    def scaled(self: Parts, shape: tuple[int, int, int], classes: int) -> nn.Module:
        return nn.Linear(round(10 * float(str(self.settings["dropout"]))), classes)

    monkeypatch.setattr(Parts, "model", scaled)
    latencies = Latencies(SHAPE, 3)
    assert [latencies(config(dropout=d)) for d in (0.5, 0.9, 0.5, 0.51)] == [1, 2, 1, 1]
