"""Says when a budget of a search is used up: epochs in all, GPU-hours, money; the whole run counts, resumed or not."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from search.plan.cluster_yaml import load_cluster, node_types
from search.plan.plan import Plan
from search.runs.record import TrialRecord
from search.runs.sparing import Sparing
from search.runs.spending import REASONS, spent

EVERY = 1.0
"""Seconds between two sums of hours and money, at least."""


class Budgets:
    """Watches the budgets of one search.

    Args:
        plan: of the search.
        records: all trials, when the driver begins.
        wall: seconds since 1970, the clock of the records.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        plan: Plan,
        records: Sequence[TrialRecord],
        *,
        wall: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plan, self._wall, self._sparing = plan, wall, Sparing(EVERY, clock)
        self._epochs = sum(known.step for known in records)

    def epoch(self) -> str:
        """Count an epoch before it is recorded; return why that is the last one, else nothing."""
        self._epochs += 1
        most = self._plan.budget.total_epochs
        return REASONS["epochs"].format(most) if most is not None and self._epochs >= most else ""

    def used_up(self, records: Callable[[], Sequence[TrialRecord]]) -> str:
        """Return which budget is used up, else nothing.

        Args:
            records: returns all trials; called only where there is something to add up.
        """
        budget = self._plan.budget
        if (budget.total_epochs, budget.gpu_hours, budget.cost) == (None, None, None):
            return ""
        if not self._sparing.due:
            return ""
        prices = self._plan.resources.prices
        found = self._sparing.do(lambda: spent(records(), budget=budget, prices=prices, now=self._wall()))
        return found.used_up()


def budget_notes(plan: Plan, cluster: Path) -> list[str]:
    """Return what the budgets of a plan come to, a sentence each, for `--check`.

    Args:
        plan: of the search.
        cluster: a cluster.yaml, whose node types should have a price; need not be there.
    """
    budget, prices = plan.budget, plan.resources.prices
    said = [] if budget.gpu_hours is None else [f"at most {budget.gpu_hours:g} GPU-hours"]
    if budget.total_epochs is not None:
        said.append(f"at most {budget.total_epochs:,} epochs of all trials together")
    if budget.cost is not None:
        pays = (f"{budget.cost / price:,.1f} h of one {kind}" for kind, price in prices.items() if price)
        said.append(
            f"at most {budget.cost:g} in money: {' or '.join(pays) or 'no node has a price, so none counts'}"
        )
    missing = [kind for kind in _node_types(cluster) if kind not in prices] if prices or budget.cost else []
    if missing:
        said.append(
            f"{cluster}: no price for {', '.join(missing)} in resources.prices: it would count as free"
        )
    return said


def _node_types(cluster: Path) -> list[str]:
    """Return the node types of a cluster.yaml on which trials may run; none where it cannot be read."""
    try:
        document = load_cluster(cluster)
    except (OSError, ValueError):
        return []
    return [str(kind) for kind in node_types(document) if kind != document.get("head_node_type")]
