"""The words that a space may use: every setting of the recipe with its range, default and meaning.

The registries of `search.training` make a `Vocabulary`; a plan is checked against it here, where no torch is
known. It is a plain value: another process can send it as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from search.plan.domain import among, is_value
from search.plan.mistake import nearest, word
from search.plan.trial_config import Value

CUSTOM = "custom"
"""The preset of a group of settings that names none: all is off but what the group names (`preset.py`)."""

MOST_NAMED = 12
"""Names that an error lists; of more it says what lists them, so that the sentence stays one."""

Kind = Literal["float", "int", "bool", "choice", "file"]


@dataclass(frozen=True)
class Namespace:
    """Choices by the hundred under one prefix, all legal, but too many to be listed.

    ``prefix`` ends in a slash and begins each of ``names``. Where there are none, ``install`` says what brings them.
    """

    prefix: str
    names: tuple[str, ...]
    install: str

    @property
    def pattern(self) -> str:
        """What stands for all of them in a list of names: `timm/*`."""
        return f"{self.prefix}*"

    def mistake(self, value: Value) -> str | None:
        """Return what is wrong with a value that begins with the prefix, as `expected …`, or None."""
        if value in self.names:
            return None
        return f"one of the {len(self.names)} names of {self.pattern}" if self.names else self.install


@dataclass(frozen=True)
class Setting:
    """One hyperparameter as one part of the recipe understands it.

    ``low`` and ``high`` are inclusive. ``applies`` names the choices that must have been made for this
    setting to matter: ``{"optimizer": ("sgd",)}``; empty: always. The same name may stand in several
    settings with disjoint ``applies``, each with its own default (the learning rate of SGD and of Adam).
    A name there that ends in ``/*`` stands for all with that prefix. ``namespaces`` are choices beside ``choices``.
    A ``file`` is the path of one, relative to the YAML file that says it; its default is a word instead.
    """

    name: str
    kind: Kind
    default: Value
    doc: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()
    applies: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    namespaces: tuple[Namespace, ...] = ()

    def applies_to(self, settings: Mapping[str, Value]) -> bool:
        """Tell whether this setting matters, given the choices made so far."""
        return all(_covers(names, settings.get(selector)) for selector, names in self.applies.items())

    def mistake(self, value: Value) -> str | None:
        """Return what is wrong with a value, as `expected …`, or None where it is right."""
        if self.kind == "bool":
            return None if isinstance(value, bool) else "true or false"
        if self.kind == "choice":
            return self._choice_mistake(value)
        if self.kind == "file":
            return None if isinstance(value, str) and value else f"{word(self.default)} or the path of a file"
        noun = "a whole number" if self.kind == "int" else "a number"
        return None if self._allows(value) else f"{noun} {self.range_text()}".rstrip()

    def nearest(self, value: Value) -> str:
        """Return `did you mean 'x'?` for the choice that is nearest to a text, or nothing."""
        if not isinstance(value, str):
            return ""
        within = self._namespace(value)
        return nearest(value, within.names if within else self.choices)

    def _choice_mistake(self, value: Value) -> str | None:
        if among(value, self.choices):
            return None
        if within := self._namespace(value):
            return within.mistake(value)
        patterns = [namespace.pattern for namespace in self.namespaces]
        if len(self.choices) > MOST_NAMED:
            return " or ".join([f"one of {listed_names(len(self.choices), self.name)}", *patterns])
        return "one of " + ", ".join([*map(word, self.choices), *patterns])

    def _namespace(self, value: Value) -> Namespace | None:
        return next((n for n in self.namespaces if str(value).startswith(n.prefix)), None)

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


def listed_names(count: int, name: str) -> str:
    """Return what stands for names that are too many for a sentence.

    Args:
        count: of the names.
        name: of the setting whose listing has them.
    """
    return f"the {count} names that `python -m search.vocabulary {name}` lists"


def _covers(names: tuple[Value, ...], value: Value | None) -> bool:
    """Tell whether a choice is among names, or in a namespace that is."""
    return value in names or (isinstance(value, str) and f"{value.partition('/')[0]}/*" in names)
