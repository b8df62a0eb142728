"""How far the corners of a space meet a plan's constraints: a hint before the search, never a proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from search.plan.objectives import Constraint
from search.training.attributes import LATENCY
from search.training.cost import Cost


@dataclass(frozen=True)
class Bound:
    """How many corners meet one constraint, and the figure of theirs that comes nearest to it or is deepest
    within; both None for an attribute that is measured only when a trial begins.
    """

    constraint: str
    met: int | None = None
    nearest: int | None = None


@dataclass(frozen=True)
class Feasibility:
    """How the corners of a space meet the constraints: each alone, and ``met`` all that are known together."""

    corners: int
    met: int
    bounds: tuple[Bound, ...]

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each constraint, and one for all together where that says more."""
        for bound in self.bounds:
            yield self._sentence(bound)
        known = [bound.met for bound in self.bounds if bound.met is not None]
        if len(known) > 1 and min(known) > 0:
            between = "" if self.met else ", perhaps between them"
            yield f"all of them together: met by {self._share(self.met)}{between}"

    def _sentence(self, bound: Bound) -> str:
        if bound.met is None or bound.nearest is None:
            return f"{bound.constraint}: measured when a trial is drawn, not here"
        if bound.met:
            return f"{bound.constraint}: met by {self._share(bound.met)}"
        return (
            f"{bound.constraint}: met by {self._share(0)}, of which the nearest has {bound.nearest:,}; "
            "the search would reject all or nearly all that it draws"
        )

    def _share(self, met: int) -> str:
        return f"{met or 'none'} of {self.corners} corners of the space"


def feasibility(constraints: Sequence[Constraint], costs: Sequence[Cost]) -> Feasibility | None:
    """Return how corners of a space meet constraints; None where there are no constraints.

    Between the corners of a branch a figure nearly always lies between theirs, so a bound that even the nearest
    corner violates leaves little or nothing. It is no proof: a choice that is no number has no end, and a part
    of a plugin may be largest in the middle.

    Args:
        constraints: of the plan.
        costs: at least one: of every branch of the space, with all ranges at their low and at their high end.
    """
    if not constraints:
        return None
    known = [constraint for constraint in constraints if constraint.attribute != LATENCY]
    met = sum(all(_violation(each, cost) <= 0 for each in known) for cost in costs)
    return Feasibility(len(costs), met, tuple(_bound(constraint, costs) for constraint in constraints))


def _bound(constraint: Constraint, costs: Sequence[Cost]) -> Bound:
    if constraint.attribute == LATENCY:
        return Bound(str(constraint))
    met = sum(_violation(constraint, cost) <= 0 for cost in costs)
    nearest = min(costs, key=lambda cost: _violation(constraint, cost))
    return Bound(str(constraint), met, getattr(nearest, constraint.attribute))


def _violation(constraint: Constraint, cost: Cost) -> float:
    return constraint.violation(getattr(cost, constraint.attribute))
