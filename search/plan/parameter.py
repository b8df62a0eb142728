"""A named domain with the conditions under which it exists, and the order that conditions impose."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from search.plan.domain import Domain, among
from search.plan.mistake import Mistake, SpaceError, nearest, shown, word
from search.plan.trial_config import Value


@dataclass(frozen=True)
class Parameter:
    """A parameter of a space.

    ``name`` is flat and dotted. ``when`` maps the names of other parameters (its parents) to the values that
    they must have; all conditions must hold, and one holds only while its parent is itself active.
    """

    name: str
    domain: Domain
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "when", {parent: tuple(values) for parent, values in self.when.items()})

    def holds(self, active: Mapping[str, Value]) -> bool:
        """Tell whether all conditions hold, given the values of the parameters that are active."""
        return all(parent in active and among(active[parent], values) for parent, values in self.when.items())

    def condition_text(self) -> str:
        """Return the conditions in words: `optimizer is sgd and layers is 2 or 3`."""
        return " and ".join(
            f"{parent} is {' or '.join(map(word, values))}" for parent, values in self.when.items()
        )


def in_order(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Return the parameters with every parent before its children, otherwise in the given order.

    Raises:
        SpaceError: a name stands twice, a condition names an unknown parent or a value that the parent can
            never take, or conditions form a cycle. It holds all these mistakes.
    """
    mistakes = [*_doubles(parameters), *_impossible_conditions(parameters)]
    ordered = _topological(parameters)
    if len(ordered) < len(parameters) and not mistakes:
        mistakes.append(_cycle(parameters, {parameter.name for parameter in ordered}))
    if mistakes:
        raise SpaceError(mistakes)
    return ordered


def _topological(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """Kahn's algorithm with the earliest ready parameter first; what lies behind a cycle is left out."""
    children = defaultdict(list)
    waiting = [len(parameter.when) for parameter in parameters]
    for index, parameter in enumerate(parameters):
        for parent in parameter.when:
            children[parent].append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    ordered = []
    while ready:
        parameter = parameters[heapq.heappop(ready)]
        ordered.append(parameter)
        for child in children[parameter.name]:
            waiting[child] -= 1
            if waiting[child] == 0:
                heapq.heappush(ready, child)
    return tuple(ordered)


def _doubles(parameters: Sequence[Parameter]) -> Iterator[Mistake]:
    seen = set()
    for parameter in parameters:
        if parameter.name in seen:
            yield Mistake(key=parameter.name, found="the parameter a second time", expected="it once")
        seen.add(parameter.name)


def _impossible_conditions(parameters: Sequence[Parameter]) -> Iterator[Mistake]:
    domains = {parameter.name: parameter.domain for parameter in parameters}
    for parameter in parameters:
        for parent, values in parameter.when.items():
            key = f"{parameter.name}.when.{parent}"
            if parent not in domains:
                expected, hint = "the name of another parameter of the space", nearest(parent, domains)
                yield Mistake(key=key, found="a condition on an unknown key", expected=expected, hint=hint)
            else:
                yield from _impossible_values(key, values, domains[parent])


def _impossible_values(key: str, values: tuple[Value, ...], parent: Domain) -> Iterator[Mistake]:
    if not values:
        yield Mistake(key=key, found="a condition without values", expected=parent.text())
    if parent.size() == float("inf"):
        expected = "a condition on a choice or on whole numbers"
        yield Mistake(key=key, found="a condition on a continuous range", expected=expected)
        return
    for value in values:
        if not parent.contains(value):
            options = parent.values() if isinstance(value, str) and parent.size() <= 1000 else ()
            yield Mistake(key=key, found=shown(value), expected=parent.text(), hint=nearest(value, options))


def _cycle(parameters: Sequence[Parameter], ordered: set[str]) -> Mistake:
    """Describe one cycle among the parameters that could not be ordered: follow parents until one returns."""
    parents = {parameter.name: parameter.when for parameter in parameters if parameter.name not in ordered}
    path: list[str] = []
    name = next(iter(parents))
    while name not in path:
        path.append(name)
        name = next(parent for parent in parents[name] if parent in parents)
    cycle = " -> ".join([*path[path.index(name) :], name])
    return Mistake(key=name, found=f"the cycle of conditions {cycle}", expected="conditions without a cycle")
