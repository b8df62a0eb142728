"""Whether a cluster file can be launched and is safe; all its mistakes at once, with their lines; nobody is asked.

What is checked: Ray's own schema, and what Ray misses until machines cost money.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, cast

from search.cluster.aws import aws_mistakes
from search.cluster.commands import command_mistakes
from search.cluster.on_premise import on_premise_mistakes
from search.cluster.schema import schema_mistakes
from search.cluster.secrets import secret_mistakes
from search.cluster.sizes import size_mistakes
from search.plan.document import read_document
from search.plan.mistake import Mistake, PlanError

CHECKS = (
    schema_mistakes,
    size_mistakes,
    command_mistakes,
    secret_mistakes,
    aws_mistakes,
    on_premise_mistakes,
)


def check_cluster(path: Path) -> dict[str, Any]:
    """Check a cluster file.

    Args:
        path: the file that `ray up` is given.

    Returns:
        What it says.

    Raises:
        PlanError: it cannot be read, or has mistakes; it holds them all, by line.
    """
    document, mistakes = read_document(path)
    mistakes += chain.from_iterable(check(document) for check in CHECKS)
    if mistakes:
        raise PlanError(_in_order(mistakes))
    return cast(dict[str, Any], document.plain())


def _in_order(mistakes: list[Mistake]) -> list[Mistake]:
    """Sort by line; of mistakes at one key, the first check's is told."""
    first = {(each.line, each.key or each.found): each for each in reversed(mistakes)}
    return sorted(first.values(), key=lambda each: (each.line or 0, each.key))
