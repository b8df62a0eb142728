"""The latencies of one search: which configurations have the same network, and what was measured of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch.nn.modules.dropout import _DropoutNd

from search.plan.trial_config import TrialConfig
from search.training.latency import latency_ms
from search.training.parts import Parts
from search.training.vocabulary import SELECTORS


class Latencies:
    """Measures each network once, so that it never has two latencies.

    Two configurations have the same network if their architectures, the settings of these that are no real
    numbers, precision and memory format are equal, and so are all modules but dropout, which does nothing in
    eval mode. A real setting counts by what it does to the modules.

    Args:
        shape: (C, H, W) of an image.
        classes: the number of classes.
        device: where to measure.
    """

    def __init__(
        self, shape: tuple[int, int, int], classes: int, *, device: str | torch.device = "auto"
    ) -> None:
        self._shape, self._classes, self._device = shape, classes, device
        self._known: dict[Hashable, list[_Known]] = defaultdict(list)

    def remember(self, config: TrialConfig, milliseconds: float) -> None:
        """Take a latency that was measured before; the first one of a network stands."""
        network = _Network(config, self._shape, self._classes)
        self._known[network.choices].append(_Known(network, milliseconds))

    def __call__(self, config: TrialConfig) -> float:
        """Return a trial's latency in milliseconds, measured if its network is new.

        Raises:
            SettingsError: the configuration cannot be built for these images.
        """
        network = _Network(config, self._shape, self._classes)
        for known in self._known[network.choices]:
            if known.network.modules == network.modules:
                return known.milliseconds
        measured = latency_ms(config, self._shape, self._classes, device=self._device)
        self._known[network.choices].append(_Known(network, measured))
        return measured


@dataclass(frozen=True)
class _Network:
    """What tells networks apart; the modules are built, on the meta device, only where they are asked for."""

    config: TrialConfig
    shape: tuple[int, int, int]
    classes: int

    @cached_property
    def choices(self) -> Hashable:
        settings = Parts.of(self.config.settings).settings
        entry = SELECTORS["architecture"][0][str(settings["architecture"])]
        names = [setting.name for setting in entry.settings if setting.kind != "float"]
        return tuple(
            (name, settings[name]) for name in ("architecture", "precision", "channels_last", *names)
        )

    @cached_property
    def modules(self) -> tuple[object, ...]:
        with torch.device("meta"):
            model = Parts.of(self.config.settings).model(self.shape, self.classes)
        modules = [module for module in model.modules() if not isinstance(module, _DropoutNd)]
        sizes = tuple(parameter.shape for parameter in model.parameters())
        return tuple(f"{type(module).__name__}({module.extra_repr()})" for module in modules), sizes


@dataclass(frozen=True)
class _Known:
    network: _Network
    milliseconds: float
