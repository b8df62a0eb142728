"""Hyperparameters that Ray Tune writes beside a trial's event file, as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from search.plan.trial_config import Value
from search.runs.logs.store import LARGEST_TEXT, Store


def read_parameters(store: Store, path: str) -> dict[str, Value]:
    """Read a `params.json`; one that cannot be read says nothing.

    Mappings within it become names with '/', as Ray Tune's own TensorBoard logger writes them; lists become text.
    """
    try:
        found = json.loads(store.read(path, 0, LARGEST_TEXT))
    except (OSError, ValueError, RecursionError):
        return {}
    return dict(_flat(found, "")) if isinstance(found, Mapping) else {}


def _flat(found: Mapping[str, object], prefix: str) -> list[tuple[str, Value]]:
    flat: list[tuple[str, Value]] = []
    for name, value in found.items():
        if isinstance(value, Mapping):
            flat += _flat(value, f"{prefix}{name}/")
        else:
            flat.append((f"{prefix}{name}", _plain(value)))
    return flat


def _plain(value: object) -> Value:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else json.dumps(value)
