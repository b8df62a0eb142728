"""The attributes of a configuration by name: what is known of a trial before its first epoch."""

from __future__ import annotations

from collections.abc import Callable, Collection

from search.plan.objectives import ATTRIBUTES
from search.plan.registry import did_you_mean
from search.plan.trial_config import TrialConfig
from search.training.cost import figures
from search.training.latency import latency_ms

LATENCY = "latency_ms"


def attributes(
    config: TrialConfig,
    shape: tuple[int, int, int],
    classes: int,
    names: Collection[str],
    *,
    latency: Callable[[TrialConfig], float] | None = None,
) -> dict[str, float]:
    """Return those attributes of a trial that are asked for; nothing else is computed.

    Args:
        config: the trial.
        shape: (C, H, W) of an image.
        classes: the number of classes.
        names: of `search.plan.objectives.ATTRIBUTES`.
        latency: returns a trial's latency in milliseconds, such as `Latencies`, which measures a network once;
            None: each call measures.

    Returns:
        The figures by name, in the order and the units of `ATTRIBUTES`.

    Raises:
        KeyError: there is no attribute of that name.
        SettingsError: the configuration cannot be built for these images.
    """
    for name in names:
        if name not in ATTRIBUTES:
            raise KeyError(f"no attribute is called {name!r}{did_you_mean(name, ATTRIBUTES)}")
    found: dict[str, float] = {}
    if set(names) - {LATENCY}:
        found |= {name: float(figure) for name, figure in figures(config, shape, classes, names).items()}
    if LATENCY in names:
        found[LATENCY] = latency(config) if latency else latency_ms(config, shape, classes)
    return found
