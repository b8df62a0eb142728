"""Latency: what is timed, by a scripted clock; that nothing else is changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from search.training import latency
from search.training.errors import SettingsError
from search.training.latency import FEWEST, latency_ms
from search.training.parts import Parts
from tests.training.conftest import MakeConfig

SHAPE = (1, 8, 8)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Callable[[list[float]], list[float]]:
    """Let passes take the given seconds, the last for ever; return the list of those that were taken."""

    def take(seconds: list[float]) -> list[float]:
        taken: list[float] = []

        def ticks() -> Iterator[float]:
            now = 100.0
            while True:
                yield now
                taken.append(seconds[min(len(taken), len(seconds) - 1)])
                now += taken[-1]
                yield now

        clock = ticks()
        monkeypatch.setattr(latency, "time", SimpleNamespace(perf_counter=lambda: next(clock)))
        return taken

    return take


def test_the_median_of_the_passes_behind_the_warm_up_is_taken(config: MakeConfig, script: Any) -> None:
    taken = script([9.0, 9.0, 0.001, 0.004, 0.002, 0.9, 0.003])
    assert latency_ms(config(), SHAPE, 3, device="cpu", warm_up=2, repeats=5) == pytest.approx(3)
    assert len(taken) == 7


def test_a_slow_network_is_not_repeated_to_the_end_and_yet_more_than_once(
    config: MakeConfig, script: Any
) -> None:
    taken = script([0.25])
    assert latency_ms(config(), SHAPE, 3, device="cpu", warm_up=0, seconds=2.0) == pytest.approx(250)
    assert len(taken) == 8
    taken = script([60.0])
    latency_ms(config(), SHAPE, 3, device="cpu", warm_up=0, seconds=2.0)
    assert len(taken) == FEWEST


def test_one_image_goes_through_a_network_in_eval_mode_as_it_trains(
    config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    class Witness(nn.Conv2d):
        def forward(self, images: Tensor) -> Tensor:
            out = super().forward(images)
            modes = self.training, torch.is_inference_mode_enabled(), torch.get_num_threads()
            last = images.is_contiguous(memory_format=torch.channels_last)
            seen.append((tuple(images.shape), last, out.dtype, *modes))
            return out

    monkeypatch.setattr(Parts, "model", lambda self, shape, classes: Witness(3, 2, 3))
    trial = config(precision="bfloat16", channels_last=True)
    latency_ms(trial, (3, 8, 8), 2, device="cpu", warm_up=1, repeats=6, seconds=1e9)
    assert seen == [((1, 3, 8, 8), True, torch.bfloat16, False, True, 1)] * 7


def test_nothing_of_the_process_is_left_changed(config: MakeConfig) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    state = torch.get_rng_state()
    try:
        assert latency_ms(config(), SHAPE, 3, device="cpu") > 0
        assert torch.get_num_threads() == 2
        with pytest.raises(SettingsError):
            latency_ms(config(), (7, 8, 8), 3, device="cpu")
    finally:
        torch.set_num_threads(before)
    assert torch.equal(torch.get_rng_state(), state)
