"""A mistake in a plan, as one sentence: where, what was found, what was expected, the nearest right thing.

The exceptions of this package::

    ValueError
    └── PlanError          every mistake of a file at once
        └── SpaceError     the parameters do not make a space
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace

LEAST_BEGUN = 3
"""Letters of a word that may be the beginning of a longer one."""


@dataclass(frozen=True, kw_only=True)
class Mistake:
    """One mistake.

    ``file`` is a file's name or ``--set key``, ``line`` counts from 1, ``key`` is a dotted path into the
    document; each is empty where it is not known. ``hint`` names the nearest right thing.
    """

    file: str = ""
    line: int | None = None
    key: str = ""
    found: str
    expected: str
    hint: str = ""

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        key = "" if self.file == f"--set {self.key}" else self.key
        where = "".join(f"{part}: " for part in (place, key) if part)
        hint = f": {self.hint}" if self.hint else ""
        return f"{where}found {self.found}, expected {self.expected}{hint}"

    def at(self, file: str, line: int | None, key: str) -> Mistake:
        """Return the same mistake at another place."""
        return replace(self, file=file, line=line, key=key)


class PlanError(ValueError):
    """A plan that cannot be used. ``mistakes`` holds every mistake; the message has one line for each."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(map(str, self.mistakes)))

    def __reduce__(self) -> tuple[type[PlanError], tuple[tuple[Mistake, ...]]]:
        """Travel between processes whole: an exception is otherwise made again from its message alone."""
        return type(self), (self.mistakes,)


class SpaceError(PlanError):
    """Parameters that do not make a space: a cycle, an unknown parent, a condition that can never hold."""


def nearest(word: object, known: Iterable[object]) -> str:
    """Return `did you mean 'x'?` for the nearest of the known words, or nothing where none is near.

    A name inside a group comes first (`group.word`), then the shortest one that begins with the word, then the one
    that is written most alike.
    """
    words = {str(name).lower(): str(name) for name in known}
    found = str(word).lower()
    inside = [name for name in words if name.endswith(f".{found}")]
    longer = [name for name in words if len(found) >= LEAST_BEGUN and name.startswith(found)]
    alike = difflib.get_close_matches(found, words, n=1, cutoff=0.6)
    near = [*inside, *sorted(longer, key=len), *alike]
    return f"did you mean {words[near[0]]!r}?" if near else ""


def did_you_mean(word: str, known: Iterable[object]) -> str:
    """Return `: did you mean 'x'?` for the nearest of the known words, else the list of them."""
    words = [str(name) for name in known]
    if hint := nearest(word, words):
        return f": {hint}"
    return f"; known are {', '.join(words)}" if words else ""


def shown(value: object) -> str:
    """Return a value as a YAML file would have it: `'adam'`, `0.1`, `true`, `null`, `a list`."""
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def word(value: object) -> str:
    """Return a value inside a sentence: text without its quotes, a float always as one (`1.0`)."""
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, float) else shown(value)
