"""Where the reference goes: a page says `<!-- generated: keys -->`, and when it is built they stand there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

from docs._generate.api import SURFACE, api
from docs._generate.keys import attribute_table, key_tables, metric_table
from docs._generate.markdown import code, table
from docs._generate.parts import parts, settings
from search.plan.registry import Entry, settings_of
from search.training.architectures import architectures
from search.training.augmentations import augmentations, presets
from search.training.augmentations.registry import PREFIX, Outside
from search.training.data import datasets
from search.training.losses import losses
from search.training.optimizers import optimizers
from search.training.recipe import Recipe
from search.training.schedules import schedules
from search.training.transfer import transfer_settings
from search.tuning.parts import samplers, schedulers
from search.winner.formats import formats
from search.winner.formats.registry import Format

_ON_GITHUB = re.compile(r"<!-- on GitHub -->\n(>.*\n)+\n")
"""A paragraph for who reads the page where nothing is generated."""

_MARK = re.compile(r"<!-- generated: (?P<name>[\w ]+) -->")


def preset_table() -> str:
    """Return what each preset of the augmentations says; what it leaves out keeps its own default."""
    rows = (
        (code(name), ", ".join(f"{key} {code(value)}" for key, value in values.items()) or "nothing")
        for name, values in presets.items()
    )
    return table(("preset", "settings"), rows)


def shared_settings() -> str:
    """Return the settings that all augmentations share."""
    return settings(settings_of(Outside))


def written(entry: Entry[type[Format]]) -> str:
    """Return which files a format writes, what it needs, and by how much its outputs may be off."""
    needed = ", ".join(code(package.pip) for package in entry.build.packages) or "nothing else"
    files = ", ".join(map(code, entry.build.files))
    kept = "the same class for every image" if entry.build.same_class else "its loss of accuracy is measured"
    return f"Writes {files}; needs {needed}. Off by at most {entry.build.tolerance:g} of the largest output; {kept}."


GENERATED: Mapping[str, Callable[[], str]] = {
    "keys": key_tables,
    "metrics": metric_table,
    "attributes": attribute_table,
    "architectures": partial(parts, architectures),
    "optimizers": partial(parts, optimizers),
    "schedules": partial(parts, schedules),
    "losses": partial(parts, losses),
    "augmentations": partial(parts, augmentations, prefix=PREFIX),
    "presets": preset_table,
    "shared augmentation settings": shared_settings,
    "recipe": lambda: settings(settings_of(Recipe)),
    "transfer": lambda: settings(transfer_settings()),
    "data sets": partial(parts, datasets),
    "samplers": partial(parts, samplers),
    "schedulers": partial(parts, schedulers),
    **{f"api to {purpose}": partial(api, purpose) for purpose in SURFACE},
    "export formats": partial(parts, formats, facts=written),
}
"""What makes each piece of the reference."""


def filled(text: str) -> str:
    """Return a page with what is generated in its place.

    Raises:
        KeyError: nothing makes what the page asks for; the message names what can be asked for.
    """
    return _MARK.sub(_generated, _ON_GITHUB.sub("", text))


def _generated(mark: re.Match[str]) -> str:
    if mark["name"] not in GENERATED:
        raise KeyError(f"no {mark['name']!r} is generated, expected one of {', '.join(GENERATED)}")
    return GENERATED[mark["name"]]()
