"""Which architectures CI takes: one of each family; the others are marked slow."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from search.training.architectures import architectures


def family(name: str) -> str:
    """Return an architecture's family: the file that speaks of it."""
    return architectures[name].family


def first_of_families() -> tuple[str, ...]:
    """Return the first architecture that each family registers, its cheapest."""
    return tuple({family(name): name for name in reversed(architectures.names())}.values())[::-1]


def every_architecture(*, slow: Collection[str] = ()) -> list[object]:
    """Return each name as a parameter of a test, slow unless it is the first of its family and not in `slow`."""
    quick = set(first_of_families()) - set(slow)
    return [
        pytest.param(name, marks=() if name in quick else pytest.mark.slow) for name in architectures.names()
    ]
