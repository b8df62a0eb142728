"""Under which choices a parameter is active, without walking the whole space."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice

from search.plan.domain import among
from search.plan.mistake import Mistake
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value

Choices = Mapping[str, Value]
"""The value of each selector, whether searched or a default."""

MOST = 100_000
"""Combinations that are looked at for one parameter (0.3 s); only a space made to be slow has more."""


def contexts(
    parameter: Parameter, space: Space, defaults: Choices, allowed: Callable[[str, Value], bool]
) -> list[Choices]:
    """Return the choices under which a parameter is active.

    Args:
        defaults: the selectors, each with the choice that is made where the space leaves it out.
        allowed: whether a selector can have a value at all; those that are mistakes themselves are left out.
    """
    searched = {selector for selector in defaults if selector in space}
    names = searched.union(*map(space.ancestors, {parameter.name, *searched}))
    asked = _asked_values(space)

    def values(other: Parameter) -> Iterator[Value]:
        if other.name in searched:
            return (value for value in other.domain.values() if allowed(other.name, value))
        return _telling_values(other, asked.get(other.name, []))

    found: dict[tuple[tuple[bool, Value], ...], Choices] = {}  # the flag keeps `1` and `true` apart
    for point in islice(space.combinations(names, values=values), MOST):
        choices = {selector: point.get(selector, default) for selector, default in defaults.items()}
        if parameter.holds(point):
            found.setdefault(tuple((isinstance(v, bool), v) for v in choices.values()), choices)
    return list(found.values())


def never_active(space: Space) -> list[Mistake]:
    """Return a mistake for each parameter whose conditions, each possible alone, contradict each other."""
    return [
        Mistake(
            key=f"space.{parameter.name}",
            found="a parameter that is never active",
            expected=f"conditions that can hold together, but not {parameter.condition_text()}",
        )
        for parameter in space.parameters
        if parameter.when and not contexts(parameter, space, {}, lambda selector, value: True)
    ]


def values_of(selector: str, choices: Iterable[Choices]) -> list[Value]:
    """Return the distinct values of one selector, in their order."""
    values: list[Value] = []
    for each in choices:
        if not among(each[selector], values):
            values.append(each[selector])
    return values


def _asked_values(space: Space) -> dict[str, list[Value]]:
    asked: dict[str, list[Value]] = {}
    for parameter in space.parameters:
        for parent, values in parameter.when.items():
            asked.setdefault(parent, []).extend(values)
    return asked


def _telling_values(parameter: Parameter, asked: Collection[Value]) -> Iterator[Value]:
    """Yield the distinct values that conditions ask for, and one that stands for all others."""
    told: list[Value] = []
    for value in asked:
        if not among(value, told):
            told.append(value)
    yield from told
    yield from islice((value for value in parameter.domain.values() if not among(value, told)), 1)
