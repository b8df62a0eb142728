"""The words that a space may use: every setting of the recipe with its range, default and meaning.

The registries of `search.training` make a `Vocabulary`; a plan is checked against it here, where no torch is
known. It is a plain value: another process can send it as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from search.plan.domain import among, is_value
from search.plan.mistake import word
from search.plan.trial_config import Value

CUSTOM = "custom"
"""The preset of a group of settings that names none: all is off but what the group names (`preset.py`)."""

Kind = Literal["float", "int", "bool", "choice"]


@dataclass(frozen=True)
class Setting:
    """One hyperparameter as one part of the recipe understands it.

    ``low`` and ``high`` are inclusive. ``applies`` names the choices that must have been made for this
    setting to matter: ``{"optimizer": ("sgd",)}``; empty: always. The same name may stand in several
    settings with disjoint ``applies``, each with its own default (the learning rate of SGD and of Adam).
    """

    name: str
    kind: Kind
    default: Value
    doc: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    applies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def applies_to(self, settings: Mapping[str, Value]) -> bool:
        """Tell whether this setting matters, given the choices made so far."""
        return all(settings.get(selector) in names for selector, names in self.applies.items())

    def mistake(self, value: Value) -> str | None:
        """Return what is wrong with a value, as `expected …`, or None where it is right."""
        if self.kind == "bool":
            return None if isinstance(value, bool) else "true or false"
        if self.kind == "choice":
            return None if among(value, self.choices) else "one of " + ", ".join(map(word, self.choices))
        noun = "a whole number" if self.kind == "int" else "a number"
        return None if self._allows(value) else f"{noun} {self.range_text()}".rstrip()

    def _allows(self, value: Value) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float) or not is_value(value):
            return False
        if self.kind == "int" and value != int(value):
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def canonical(self, value: Value) -> Value:
        """Return the value in the setting's own type, so that `1` and `1.0` have the same fingerprint."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return value
        if self.kind == "float":
            return float(value)
        return int(value) if self.kind == "int" and value == int(value) else value

    def range_text(self) -> str:
        """Return the allowed range in words."""
        if self.low is not None and self.high is not None:
            return f"from {self.low:g} to {self.high:g}"
        if self.low is not None:
            return f"of at least {self.low:g}"
        return f"of at most {self.high:g}" if self.high is not None else ""


@dataclass(frozen=True)
class Vocabulary:
    """All settings, selectors (architecture, optimizer, schedule) first, and the names of the data sets.

    ``samplers`` and ``schedulers`` map a name to the settings that stand beside it in a plan; where they are
    empty, nothing is known of them and nothing is checked.
    """

    settings: tuple[Setting, ...]
    datasets: tuple[str, ...]
    samplers: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    schedulers: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)

    def names(self) -> tuple[str, ...]:
        """Return every setting's name, once."""
        return tuple(dict.fromkeys(setting.name for setting in self.settings))

    def of(self, name: str) -> tuple[Setting, ...]:
        """Return the settings of that name (several where parts of the recipe share it)."""
        return tuple(setting for setting in self.settings if setting.name == name)

    def complete(self, point: Mapping[str, Value]) -> dict[str, Value]:
        """Return the point with every default that applies, and without what does not apply."""
        settings: dict[str, Value] = {}
        for setting in self.settings:
            if setting.applies_to(settings) and setting.name not in settings:
                settings[setting.name] = setting.canonical(point.get(setting.name, setting.default))
        return settings
