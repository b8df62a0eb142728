"""All words of the YAML language: the recipe's, the samplers', the schedulers', and those of plugins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from search.plan.plugins import load_plugins
from search.plan.vocabulary import Vocabulary
from search.training.vocabulary import vocabulary as recipe
from search.tuning.parts import samplers, schedulers


def vocabulary(plugins: Iterable[str | Path] = ()) -> Vocabulary:
    """Return every word that a plan may use, after loading its plugins and the installed entry points.

    Raises:
        PlanError: a plugin is missing or cannot be imported.
    """
    load_plugins([Path(plugin) for plugin in plugins])
    return replace(
        recipe(),
        samplers={entry.name: entry.settings for entry in samplers},
        schedulers={entry.name: entry.settings for entry in schedulers},
    )
