"""Every exchangeable part, read off its registry: name, meaning, source, settings."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from docs._generate.markdown import code, prose, table
from search.plan.registry import Entry, Registry
from search.plan.vocabulary import Setting

ROOT = Path(__file__).parents[2]
Owned = tuple[Setting, Sequence[str]]
"""A setting, and the parts that have it with this default."""


@dataclass(frozen=True)
class File:
    """The parts that one module registers."""

    module: str
    entries: tuple[Entry[Any], ...]

    @property
    def source(self) -> str:
        """What the module says of itself: what is in it, and from which paper or library."""
        return prose(sys.modules[self.module].__doc__)

    @property
    def path(self) -> str:
        """The module's file, relative to a page of the reference."""
        path = Path(str(sys.modules[self.module].__file__)).relative_to(ROOT)
        return f"../../{path.as_posix()}"

    @property
    def title(self) -> str:
        """The part's name, or the module's where it has several parts."""
        return self.entries[0].name if len(self.entries) == 1 else self.module.rpartition(".")[2]


def parts(
    registry: Registry[Any], *, prefix: str = "", facts: Callable[[Entry[Any]], str] | None = None
) -> str:
    """Return a section for each file of a registry, in alphabetical order.

    Args:
        registry: after all its parts were registered.
        prefix: of the settings as a space names them: `augmentation.`.
        facts: what is said of a part beside its docstring and settings; None: nothing.
    """
    found = _files([*registry, *registry.namespaces().values()])
    told = facts or (lambda _: "")
    return "\n\n".join(_section(file, prefix, [told(entry) for entry in file.entries]) for file in found)


def settings(found: Iterable[Setting]) -> str:
    """Return a table of settings that belong to no choice of a part."""
    return _settings([(setting, ()) for setting in found], "")


def _files(entries: Iterable[Entry[Any]]) -> Iterator[File]:
    """Return what comes with Winnow by module, without what plugins have added."""
    ours = (entry for entry in entries if entry.build.__module__.startswith("search."))
    by_module = sorted(ours, key=lambda entry: entry.build.__module__)
    for module, of in groupby(by_module, key=lambda entry: entry.build.__module__):
        yield File(module, tuple(of))


def _section(file: File, prefix: str, facts: Sequence[str]) -> str:
    said = [f"## {file.title}", file.source, _summaries(file.entries), *facts]
    where = f"File: [{file.path.removeprefix('../../')}]({file.path})."
    return "\n\n".join(filter(None, [*said, _settings(_owned(file.entries), prefix), where]))


def _summaries(entries: Sequence[Entry[Any]]) -> str:
    if len(entries) == 1:
        return prose(entries[0].build.__doc__)
    return "\n".join(f"- {code(entry.name)}: {entry.summary}" for entry in entries)


def _owned(entries: Sequence[Entry[Any]]) -> list[Owned]:
    """Return the distinct settings of several parts; who has one is not said where all have."""
    owners: dict[str, tuple[Setting, list[str]]] = {}
    for entry in entries:
        for setting in entry.settings:
            owners.setdefault(repr(setting), (setting, []))[1].append(entry.name)
    return [(setting, names if len(names) < len(entries) else ()) for setting, names in owners.values()]


def _settings(found: Sequence[Owned], prefix: str) -> str:
    if not found:
        return ""
    head = ("setting", "meaning", "type", "range", "default")
    return table(head, (_row(setting, names, prefix) for setting, names in found))


def _row(setting: Setting, names: Sequence[str], prefix: str) -> tuple[str, ...]:
    nouns = {
        "bool": "true or false",
        "int": "whole number",
        "float": "number",
        "file": f"{code(setting.default)} or the path of a file",
    }
    kind = ", ".join(map(code, setting.choices)) or nouns[setting.kind]
    beside = f" with {', '.join(map(code, names))}" if names else ""
    default = code(setting.default) + beside
    bounds = setting.range_text().removeprefix("of ").removeprefix("from ")
    return code(prefix + setting.name), setting.doc, kind, bounds, default
