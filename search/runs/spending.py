"""What a search has spent of its budgets: epochs, hours of GPUs, money; from the trials' records alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from search.plan.sections import BudgetPlan
from search.runs.record import Stint, TrialRecord

LOCAL = "local"
"""What a node without a type in cluster.yaml is called in `resources.prices`: this machine, or one joined by hand."""

HOUR = 3600.0


@dataclass(frozen=True)
class Spent:
    """What was spent over a whole run, resumed or not.

    ``epochs`` of all trials; ``gpu_hours`` and ``cost`` of all stints, those under way up to now. ``cost`` is in the
    currency of the prices, for the share of each node that a stint held; ``unpriced`` are the node types that have no
    price, for which it counts nothing. ``limits`` are those of the plan, by the same names.
    """

    epochs: int
    gpu_hours: float
    cost: float
    unpriced: tuple[str, ...]
    limits: Mapping[str, float]

    def used_up(self) -> str:
        """Return which budget is used up, in a sentence; empty where none is."""
        for name, limit in self.limits.items():
            if float(getattr(self, name)) >= limit:
                return REASONS[name].format(limit)
        return ""


REASONS = {
    "epochs": "the budget of {:,.0f} epochs in all is used up",
    "gpu_hours": "the budget of {:g} GPU-hours is used up",
    "cost": "the budget of {:g} in money is used up",
}


def spent(
    records: Sequence[TrialRecord], *, budget: BudgetPlan, prices: Mapping[str, float], now: float | None
) -> Spent:
    """Add up what a search has spent.

    Args:
        records: all trials.
        budget: of the plan.
        prices: per hour, by node type.
        now: seconds since 1970 on the driver's clock; None: nobody drives the search.
    """
    stints = [(stint, held(known, stint, now)) for known in records for stint in known.stints]
    kinds = {stint.node_type or LOCAL for stint, _ in stints if stint.share}
    limits = {"epochs": budget.total_epochs, "gpu_hours": budget.gpu_hours, "cost": budget.cost}
    return Spent(
        epochs=sum(known.step for known in records),
        gpu_hours=sum(stint.gpus * seconds for stint, seconds in stints) / HOUR,
        cost=sum(_price(stint, prices) * seconds for stint, seconds in stints) / HOUR,
        unpriced=tuple(sorted(kinds - prices.keys())),
        limits={name: float(limit) for name, limit in limits.items() if limit is not None},
    )


def held(known: TrialRecord, stint: Stint, now: float | None) -> float:
    """Return the seconds for which a stint held its place; ``now`` as for `spent`.

    When a driver dies nobody writes the end of its stints before it is resumed, maybe days later: such a one counts
    what it trained.
    """
    end = now if stint.end is None else stint.end
    if end is None:
        return _trained(known, stint.attempt)
    seconds = max(end - stint.start, 0.0)
    return min(seconds, _trained(known, stint.attempt)) if stint.ending == "orphaned" else seconds


def _trained(known: TrialRecord, attempt: int) -> float:
    """Return the seconds of training in one attempt."""
    until = _last(r.seconds for r in known.reports.values() if r.attempt <= attempt)
    before = _last(r.seconds for r in known.reports.values() if r.attempt < attempt)
    return until - before


def _last(seconds: Iterable[float]) -> float:
    return max(seconds, default=0.0)


def _price(stint: Stint, prices: Mapping[str, float]) -> float:
    """Return what a stint costs an hour; 0 where nobody knows."""
    return stint.share * prices.get(stint.node_type or LOCAL, 0.0)
