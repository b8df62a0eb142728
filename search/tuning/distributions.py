"""A space's domains in Optuna's words."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from search.plan.domain import Choice, Domain, Float, Int
from search.plan.space import Space
from search.plan.trial_config import Value


def distribution(domain: Domain) -> BaseDistribution:
    """Return the Optuna distribution of a domain that leaves a choice.

    Raises:
        TypeError: the domain is fixed: there is nothing to sample.
    """
    if isinstance(domain, Float):
        return FloatDistribution(domain.low, _last(domain), log=domain.log, step=domain.step)
    if isinstance(domain, Int):
        return IntDistribution(domain.low, int(_last(domain)), log=domain.log, step=domain.step or 1)
    if isinstance(domain, Choice):
        return CategoricalDistribution(domain.options)
    raise TypeError(f"a domain that leaves a choice is expected, but got {domain!r}")


def distributions(space: Space, point: Mapping[str, Value]) -> dict[str, BaseDistribution]:
    """Return the distributions of what was sampled of a point: active parameters that leave a choice.

    Args:
        space: of the search.
        point: of it, or of an earlier one; what has no place in the space is left out.
    """
    active: dict[str, Value] = {}
    found = {}
    for parameter in space.parameters:
        name, domain = parameter.name, parameter.domain
        if name in point and parameter.holds(active):
            active[name] = point[name]
            if domain.size() > 1 and domain.contains(point[name]):
                found[name] = distribution(domain)
    return found


def _last(domain: Float | Int) -> float:
    """Return the last value on the grid: Optuna warns where `high` is none."""
    if domain.step is None:
        return domain.high
    steps = int(domain.size()) - 1
    return float(Decimal(str(domain.low)) + steps * Decimal(str(domain.step)))
