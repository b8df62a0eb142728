"""Docstrings as Sphinx wants them: ours indent an example, as Markdown does; reStructuredText wants `::` before it."""

from __future__ import annotations


def mark_examples(lines: list[str]) -> None:
    """Put `::` before each indented block that is no part of a section such as `Args:`, in place.

    Args:
        lines: of a docstring, without the indentation that all of them share.
    """
    for place in range(len(lines) - 1, 0, -1):
        before = next((line for line in reversed(lines[:place]) if line), "")
        if _begins(lines, place) and not before.startswith(" ") and not before.endswith("::"):
            lines[place:place] = ["::", ""]


def _begins(lines: list[str], place: int) -> bool:
    """Tell whether an indented block begins at a line: a blank one stands before it."""
    return lines[place].startswith(" ") and not lines[place - 1]
