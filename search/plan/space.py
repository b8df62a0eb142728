"""A space of configurations: named domains with conditions. It can be walked, sampled, checked, counted."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from search.plan.counting import count
from search.plan.domain import Choice, Domain, Fixed, Float, Int, among
from search.plan.mistake import Mistake, SpaceError, nearest, shown
from search.plan.parameter import Parameter, in_order
from search.plan.trial_config import Value

__all__ = ["Choice", "Domain", "Fixed", "Float", "Int", "Parameter", "Space", "SpaceError"]

Point = Mapping[str, Value]


@dataclass(frozen=True)
class Space:
    """Parameters in an order in which every parent stands before its children; any names.

    Raises:
        SpaceError: a name stands twice, or a condition is circular, has an unknown parent, or asks for
            a value that its parent can never take.
    """

    parameters: tuple[Parameter, ...]
    _by_name: dict[str, Parameter] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", in_order(tuple(self.parameters)))
        object.__setattr__(self, "_by_name", {parameter.name: parameter for parameter in self.parameters})

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Parameter:
        """Return the parameter of that name.

        Raises:
            KeyError: there is none.
        """
        return self._by_name[name]

    def names(self) -> tuple[str, ...]:
        """Return the names of all parameters in their order."""
        return tuple(parameter.name for parameter in self.parameters)

    def walk(self, choose: Callable[[str, Domain], Value]) -> dict[str, Value]:
        """Visit the active parameters in order and return the complete point.

        Args:
            choose: is asked, by name and domain, for the value of each active parameter that is not fixed.

        Raises:
            ValueError: an answer lies outside its domain.
        """
        point: dict[str, Value] = {}
        for parameter in self.parameters:
            if parameter.holds(point):
                point[parameter.name] = _chosen(parameter, choose)
        return point

    def sample(self, rng: np.random.Generator) -> dict[str, Value]:
        """Draw a point: each active parameter on its own, in order."""
        return self.walk(lambda name, domain: domain.sample(rng))

    def active(self, name: str, point: Point) -> bool:
        """Tell whether a parameter is active at a point.

        Raises:
            KeyError: the space has no parameter of that name.
        """
        return self[name].holds(self._active_values(point))

    def mistakes(self, point: Point, *, partial: bool = False) -> list[Mistake]:
        """Return what is wrong with a point: unknown, inactive, wrong and missing values.

        Args:
            partial: values may be missing; what depends on a missing value is not held against the point.
        """
        names = self.names()
        unknown = [
            Mistake(
                key=name,
                found="an unknown key",
                expected="a parameter of the space",
                hint=nearest(name, names),
            )
            for name in point
            if name not in self
        ]
        values = self._active_values(point)
        possible = self._possible(point) if partial else {p.name for p in self.parameters if p.holds(values)}
        found = (_mistake(p, point, active=p.name in possible, partial=partial) for p in self.parameters)
        return unknown + [mistake for mistake in found if mistake]

    def check(self, point: Point, *, partial: bool = False) -> list[str]:
        """Return `mistakes` as sentences; none where the point is right."""
        return [str(mistake) for mistake in self.mistakes(point, partial=partial)]

    def branches(self) -> Iterator[dict[str, Value]]:
        """Return every distinct combination of values of the parameters that conditions depend on, once."""
        return self.combinations({parent for parameter in self.parameters for parent in parameter.when})

    def enumerate(self) -> Iterator[dict[str, Value]]:
        """Return every configuration of a finite space, in a fixed order: the last parameter varies fastest.

        Raises:
            ValueError: the space is infinite.
        """
        if self.size() == math.inf:
            raise ValueError("a finite space is expected, but got one with a continuous parameter")
        return self.combinations(self.names())

    def size(self) -> int | float:
        """Return the number of distinct configurations; infinite if a continuous parameter can be active."""
        return count(self.parameters)

    def combinations(
        self, names: Collection[str], *, values: Callable[[Parameter], Iterator[Value]] | None = None
    ) -> Iterator[dict[str, Value]]:
        """Return every distinct combination of values of some parameters, once, inactive ones left out.

        Args:
            names: what they depend on must be among them.
            values: what a parameter takes; all values of its domain where left out.
        """
        chosen = [parameter for parameter in self.parameters if parameter.name in names]
        return _combinations(chosen, values or (lambda parameter: iter(parameter.domain.values())))

    def ancestors(self, name: str) -> set[str]:
        """Return the names of all parameters on which a parameter's being active depends."""
        parents: set[str] = set()
        wanted = {name}
        for parameter in reversed(self.parameters):
            if parameter.name in wanted:
                parents.update(parameter.when)
                wanted.update(parameter.when)
        return parents

    def _active_values(self, point: Point) -> dict[str, Value]:
        values: dict[str, Value] = {}
        for parameter in self.parameters:
            if parameter.name in point and parameter.holds(values):
                values[parameter.name] = point[parameter.name]
        return values

    def _possible(self, point: Point) -> set[str]:
        """Return the names whose activity no value of a partial point rules out."""
        possible: set[str] = set()
        known: dict[str, Value] = {}
        for parameter in self.parameters:
            if all(
                parent in possible and (parent not in known or among(known[parent], values))
                for parent, values in parameter.when.items()
            ):
                possible.add(parameter.name)
                if isinstance(parameter.domain, Fixed):
                    known[parameter.name] = parameter.domain.value
                elif parameter.name in point:
                    known[parameter.name] = point[parameter.name]
        return possible


def _chosen(parameter: Parameter, choose: Callable[[str, Domain], Value]) -> Value:
    if isinstance(parameter.domain, Fixed):
        return parameter.domain.value
    value = choose(parameter.name, parameter.domain)
    if not parameter.domain.contains(value):
        raise ValueError(f"{parameter.name}: found {shown(value)}, expected {parameter.domain.text()}")
    return value


def _mistake(parameter: Parameter, point: Point, *, active: bool, partial: bool) -> Mistake | None:
    name, domain = parameter.name, parameter.domain
    if name not in point:
        needed = active and not partial
        return Mistake(key=name, found="no value", expected=domain.text()) if needed else None
    if not active:
        expected = f"none, since it is active only when {parameter.condition_text()}"
        return Mistake(key=name, found=shown(point[name]), expected=expected)
    if not domain.contains(point[name]):
        hint = nearest(point[name], domain.options) if isinstance(domain, Choice) else ""
        return Mistake(key=name, found=shown(point[name]), expected=domain.text(), hint=hint)
    return None


def _combinations(
    parameters: list[Parameter], values: Callable[[Parameter], Iterator[Value]]
) -> Iterator[dict[str, Value]]:
    """Walk the tree of values depth first, on a stack of its own: a long space must not exhaust Python's."""
    point: dict[str, Value] = {}
    levels: list[Iterator[tuple[Value, ...]]] = [iter([()])]
    while levels:
        depth = len(levels) - 1
        if depth > 0:
            point.pop(parameters[depth - 1].name, None)
        chosen = next(levels[-1], None)
        if chosen is None:
            levels.pop()
            continue
        point.update((parameters[depth - 1].name, value) for value in chosen)
        if depth == len(parameters):
            yield dict(point)
        elif parameters[depth].holds(point):
            levels.append((value,) for value in values(parameters[depth]))
        else:
            levels.append(iter([()]))
