"""How long one image takes through a network, measured on the device that trains."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from search.plan.trial_config import TrialConfig
from search.training.devices import autocast, autocast_dtype, resolve_device
from search.training.parts import Parts
from search.training.randomness import Randomness

FEWEST = 5
"""Repeats that are taken however slow a network is."""


def latency_ms(
    config: TrialConfig,
    shape: tuple[int, int, int],
    classes: int,
    *,
    device: str | torch.device = "auto",
    warm_up: int = 5,
    repeats: int = 30,
    seconds: float = 1.0,
) -> float:
    """Measure one image's forward pass in eval mode.

    A batch of one image, in the precision and memory format of the trial; on CUDA from an idle device until
    the result is there. On the CPU one thread computes: on 2 busy cores (AMD EPYC 9004) eight such medians of
    a small CNN were 0.151 to 0.155 ms with one thread, and 0.2 to 164 ms with two, since one of these waits for
    its core. A GPU that trains meanwhile does lengthen it: where that matters, bound `flops` or `parameters`,
    which are exact.

    Args:
        config: the trial.
        shape: (C, H, W) of an image.
        classes: the number of classes.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``.
        warm_up: passes before the first that counts: they choose kernels and fill caches.
        repeats: passes that count.
        seconds: after so long no further repeat begins, but `FEWEST` are taken.

    Returns:
        The median in milliseconds. Nothing of the process is left changed.

    Raises:
        SettingsError: the configuration cannot be built for these images.
    """
    where = resolve_device(device)
    parts = Parts.of(config.settings)
    with Randomness(config.seed, where).initial_weights():
        model = parts.model(shape, classes)
    images = torch.zeros(1, *shape)  # (1, C, H, W)
    if parts.recipe.memory_format_is_channels_last:
        model = model.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    model, images = model.to(where).eval(), images.to(where)
    dtype = autocast_dtype(parts.recipe.precision, where, min(shape[1:]))
    with _one_thread(), torch.inference_mode(), autocast(where, dtype):
        for _ in range(warm_up):
            _pass_seconds(model, images)
        taken: list[float] = []
        while len(taken) < FEWEST or (len(taken) < repeats and sum(taken) < seconds):
            taken.append(_pass_seconds(model, images))
    return 1000 * statistics.median(taken)


@contextmanager
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _pass_seconds(model: nn.Module, images: torch.Tensor) -> float:
    _wait_for(images.device)
    began = time.perf_counter()
    model(images)
    _wait_for(images.device)
    return time.perf_counter() - began


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
