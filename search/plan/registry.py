"""One registry for each kind of exchangeable part: write one file, register it by decorator, done.

A part is a function. Its keyword-only arguments are its settings: the annotation gives the range, the default
is the published value, and from them come the checks of a YAML file, the documentation and the dashboard.

    @optimizers.register("sgd")
    def sgd(parameters, *, momentum: Annotated[float, Range(0, 1)] = 0.9, nesterov: bool = True): ...
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin, get_type_hints

from search.plan.mistake import did_you_mean
from search.plan.trial_config import Value
from search.plan.vocabulary import Namespace, Setting

__all__ = ["Doc", "Entry", "FilePath", "Range", "Registry", "did_you_mean", "settings_of"]

Part = TypeVar("Part", bound=Callable[..., Any])


@dataclass(frozen=True)
class Range:
    """The inclusive range of a numeric setting, and what it means."""

    low: float = -math.inf
    high: float = math.inf
    doc: str = ""


@dataclass(frozen=True)
class Doc:
    """What a setting that is no number means: ``Annotated[bool, Doc("…")]``, ``Annotated[Literal[…], Doc("…")]``."""

    doc: str = ""


@dataclass(frozen=True)
class FilePath:
    """What the file of a setting is: ``Annotated[str, FilePath("…")] = "published"``."""

    doc: str = ""


@dataclass(frozen=True)
class Entry(Generic[Part]):
    """A registered part: its name, the function that builds it, its settings."""

    name: str
    build: Part
    settings: tuple[Setting, ...]

    @property
    def summary(self) -> str:
        """The first line of the part's docstring."""
        return (inspect.getdoc(self.build) or "").partition("\n")[0]

    def arguments(self, settings: Mapping[str, Value]) -> dict[str, Any]:
        """Pick this part's keyword arguments out of a trial's settings; absent ones keep their default."""
        return {s.name: settings[s.name] for s in self.settings if s.name in settings}


class Registry(Generic[Part]):
    """Parts of one kind by name. ``kind`` is the word that users read: ``architecture``."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, Entry[Part]] = {}

    def register(self, name: str) -> Callable[[Part], Part]:
        """Register the decorated function under a name.

        Raises:
            ValueError: the name is taken.
            TypeError: a keyword-only argument has no default or an annotation that is no setting.
        """

        def decorate(build: Part) -> Part:
            if name in self._entries:
                raise ValueError(f"the {self.kind} {name!r} is registered twice")
            self._entries[name] = Entry(name, build, settings_of(build))
            return build

        return decorate

    def __getitem__(self, name: str) -> Entry[Part]:
        """Return the part of that name.

        Raises:
            KeyError: there is none; the message names the nearest and all the others.
        """
        if name not in self._entries:
            raise KeyError(f"no {self.kind} is called {name!r}{did_you_mean(name, self._entries)}")
        return self._entries[name]

    def __iter__(self) -> Iterator[Entry[Part]]:
        return iter(self._entries.values())

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def names(self) -> tuple[str, ...]:
        """Return all names in the order of registration."""
        return tuple(self._entries)

    def namespaces(self) -> Mapping[Namespace, Entry[Part]]:
        """Return the parts that are there by the hundred, beside `names`, each with an entry for all of them."""
        return {}


def settings_of(build: Callable[..., Any]) -> tuple[Setting, ...]:
    """Read the settings off a function's keyword-only arguments."""
    hints = get_type_hints(build, include_extras=True)
    return tuple(
        _setting(argument, hints.get(argument.name))
        for argument in inspect.signature(build).parameters.values()
        if argument.kind is inspect.Parameter.KEYWORD_ONLY
    )


def _setting(argument: inspect.Parameter, hint: Any) -> Setting:
    name, default = argument.name, argument.default
    if default is inspect.Parameter.empty:
        raise TypeError(f"the setting {name!r} must have a default: the published value")
    setting = _of_kind(name, default, hint)
    if expected := setting.mistake(default):
        raise TypeError(f"the default of the setting {name!r} is {default!r}, but it must be {expected}")
    return setting


def _of_kind(name: str, default: Value, hint: Any) -> Setting:
    kind, bounds, *_ = (*get_args(hint), None) if get_origin(hint) is Annotated else (hint, None)
    doc = bounds.doc if isinstance(bounds, Doc) else ""
    if kind is bool:
        return Setting(name, "bool", default, doc)
    if get_origin(kind) is Literal:
        return Setting(name, "choice", default, doc, choices=get_args(kind))
    if kind is str and isinstance(bounds, FilePath):
        return Setting(name, "file", default, bounds.doc)
    if kind not in (int, float) or not isinstance(bounds, Range):
        raise TypeError(
            f"the setting {name!r} must be bool, Literal or Annotated with a Range (int, float) or a FilePath (str), "
            f"not {hint}"
        )
    low = None if bounds.low == -math.inf else bounds.low
    high = None if bounds.high == math.inf else bounds.high
    return Setting(name, "int" if kind is int else "float", default, bounds.doc, low, high)
