"""The space that a search may have had, from the hyperparameters of its trials."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from search.plan.domain import LARGEST, Choice, Domain, Fixed, Float, Int, is_value
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.trial_config import Value

DECADES = 2.0
"""A positive parameter that was tried over more decades is taken for one that was searched on the logarithm."""

MOST_CHOICES = 50
"""A text of more different values is a name or a path, and no choice."""

Points = Sequence[Mapping[str, Value]]


def observed_space(points: Points) -> Space:
    """Return a space that holds all points: ranges from the lowest to the highest number, choices as they were seen.

    A parameter with one value only is fixed; one that is a different text in nearly every trial is left out.
    """
    names = dict.fromkeys(name for point in points for name in point)
    domains = {name: _domain(_seen(points, name)) for name in names}
    return Space(tuple(Parameter(name, domain) for name, domain in domains.items() if domain is not None))


def points_in(space: Space, points: Points) -> list[dict[str, Value]]:
    """Return the points with numbers as the space has them: TensorBoard knows whole numbers as floats only."""
    whole = {known.name for known in space.parameters if _is_whole(known.domain)}
    return [
        {
            name: int(value) if name in whole and isinstance(value, float) else value
            for name, value in point.items()
        }
        for point in points
    ]


def _is_whole(domain: Domain) -> bool:
    if isinstance(domain, Fixed):
        return isinstance(domain.value, int)
    return isinstance(domain, Int)


def _seen(points: Points, name: str) -> list[Value]:
    return [value for point in points if (value := point.get(name)) is not None and is_value(value)]


def _domain(values: Sequence[Value]) -> Domain | None:
    numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
    if numbers and len(numbers) == len(values):
        return _range(numbers)
    choices = {(type(value), value): value for value in values}
    if not 0 < len(choices) <= MOST_CHOICES:
        return None
    if len(choices) == 1:
        return Fixed(next(iter(choices.values())))
    # A text beside a number: `3` and `"3"` are two choices, `1` and `1.0` are one.
    distinct: list[Value] = []
    for value in sorted(choices.values(), key=str):
        if not any(
            value == other and isinstance(value, bool) == isinstance(other, bool) for other in distinct
        ):
            distinct.append(value)
    return Choice(distinct)


def _range(numbers: Sequence[int | float]) -> Domain:
    low, high = min(numbers), max(numbers)
    whole = all(float(number).is_integer() and abs(number) <= LARGEST for number in numbers)
    if low == high:
        return Fixed(int(low) if whole else low)
    log = low > 0 and math.log10(high) - math.log10(low) > DECADES
    return Int(int(low), int(high), log=log) if whole else Float(float(low), float(high), log=log)
