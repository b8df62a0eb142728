"""How many configurations a conditional space has, without enumerating them.

Parameters that no condition connects multiply. Among connected ones the count is carried along their
order, in one state for each combination of those values that a later condition still asks for.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from search.plan.domain import among
from search.plan.parameter import Parameter
from search.plan.trial_config import Value

State = frozenset[tuple[str, bool, Value]]
"""The values that later conditions ask for; the flag keeps `1` and `true` apart, equal in Python."""


def count(parameters: Sequence[Parameter]) -> int | float:
    """Return the number of distinct configurations; infinite if a continuous parameter can be active.

    Args:
        parameters: in an order in which every parent stands before its children.
    """
    counts = [_count_connected(group) for group in _connected(parameters)]
    return math.inf if math.inf in counts else math.prod(counts)


def _count_connected(parameters: Sequence[Parameter]) -> int | float:
    asked = _asked_values(parameters)
    last_use = {parent: index for index, p in enumerate(parameters) for parent in p.when}
    states: Counter[State] = Counter({frozenset(): 1})
    for index, parameter in enumerate(parameters):
        following: Counter[State] = Counter()
        for state, number in states.items():
            kept = frozenset(item for item in state if last_use[item[0]] > index)
            if not parameter.holds({name: value for name, _, value in state}):
                following[kept] += number
                continue
            if parameter.domain.size() == math.inf:
                return math.inf
            for value_state, weight in _outcomes(parameter, asked[parameter.name]):
                following[kept | value_state] += number * weight
        states = following
    return states.total()


def _outcomes(parameter: Parameter, asked: list[Value]) -> Iterator[tuple[State, int]]:
    """Yield what a parameter's values mean to later conditions, each with the number of such values."""
    for value in asked:
        yield frozenset({(parameter.name, isinstance(value, bool), value)}), 1
    rest = int(parameter.domain.size()) - len(asked)
    if rest:
        yield frozenset(), rest


def _asked_values(parameters: Iterable[Parameter]) -> dict[str, list[Value]]:
    asked: dict[str, list[Value]] = defaultdict(list)
    for parameter in parameters:
        for parent, values in parameter.when.items():
            asked[parent] += [v for i, v in enumerate(values) if not among(v, [*asked[parent], *values[:i]])]
    return asked


def _connected(parameters: Sequence[Parameter]) -> list[list[Parameter]]:
    """Split the parameters into groups that no condition connects, each in the given order."""
    group_of: dict[str, list[Parameter]] = {}
    for parameter in parameters:
        merged = [parameter]
        for group in {id(group_of[parent]): group_of[parent] for parent in parameter.when}.values():
            merged = [*group, *merged]
        group_of.update(dict.fromkeys((member.name for member in merged), merged))
    return list({id(group): group for group in group_of.values()}.values())
