"""Tables and words in Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence

_ADDRESS = re.compile(
    r"(?<![\w/.`])(?:https://)?((?:[\w-]+\.)+(?:com|org|io|co|ai)(?:/[\w./-]*[\w/-])?)(?![\w/])"
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of GitHub's kind, without the columns that are empty.

    Args:
        head: the columns' names.
        rows: of as many cells each; a bar or a new line in one does not end it.
    """
    filled = [(name, cells) for name, *cells in zip(head, *rows, strict=True) if any(cells)]
    lines = zip(*((name, "---", *cells) for name, cells in filled), strict=True)
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def code(value: object) -> str:
    """Return a value of a YAML file as it is written there: ``true``, ``null``, ``0.1``."""
    if value is None or isinstance(value, bool):
        return "`null`" if value is None else f"`{str(value).lower()}`"
    return f"`{value:.6g}`" if isinstance(value, float) else f"`{value}`"


def prose(text: str | None) -> str:
    """Return a docstring's first paragraph as one line, its addresses as links."""
    first = inspect.cleandoc(text or "").partition("\n\n")[0]
    return _ADDRESS.sub(r"[\1](https://\1)", " ".join(first.split())).replace("``", "`")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
