"""The corners of a space: its points from which one sees what all others cost and need, before any is trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from search.plan.domain import Choice, Domain
from search.plan.model import Plan
from search.plan.trial_config import Value


def corners(plan: Plan) -> Iterator[dict[str, Value]]:
    """Yield, for every branch and architecture, the point with all ranges at their low and at their high end."""
    space = plan.space
    parents = {parent for parameter in space.parameters for parent in parameter.when}
    architecture = {"architecture"} & set(space.names())
    ancestors = set().union(*(space.ancestors(name) for name in architecture | parents))
    for branch in space.combinations(parents | architecture | ancestors):
        for high in (False, True):
            yield space.walk(_corner(branch, high=high))


def _corner(branch: Mapping[str, Value], *, high: bool) -> Any:
    def choose(name: str, domain: Domain) -> Value:
        if name in branch:
            return branch[name]
        if isinstance(domain, Choice):
            numbers = [v for v in domain.options if isinstance(v, int | float) and not isinstance(v, bool)]
            if len(numbers) == len(domain.options):
                return max(numbers) if high else min(numbers)
            return domain.options[-1 if high else 0]
        return _end(domain, high=high)

    return choose


def _end(domain: Any, *, high: bool) -> Value:
    if not high:
        low: Value = domain.low
        return low
    steps = domain.step
    last: Value = domain.high if steps is None else list(domain.values())[-1]
    return last
