"""The books of a search while it runs: ledger, forecast and audit, kept cheaply beside the driver's work."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zipfile import BadZipFile

from search.plan.plan import Plan
from search.runs.audit import Audit, audited
from search.runs.forecast import Forecast, forecast
from search.runs.keeper import validation_images
from search.runs.layout import RunLayout
from search.runs.ledger import Ledger, ledger
from search.runs.nodes import bad_nodes
from search.runs.ranking import Scoring
from search.runs.record import TrialRecord
from search.runs.sparing import Sparing
from search.runs.spending import Spent, spent

EVERY = 3.0
"""Seconds for which an account stands, longer where it took long to draw."""


@dataclass(frozen=True)
class Account:
    """What a search has cost, what more of it would bring, and how often its stops were wrong (None: not audited).

    ``spent`` stands beside the budgets of the plan, ``bad_nodes`` are those that the driver avoids, a sentence each.
    """

    ledger: Ledger
    forecast: Forecast
    audit: Audit | None = None
    spent: Spent | None = None
    bad_nodes: tuple[str, ...] = ()


def account(
    plan: Plan, layout: RunLayout, records: Sequence[TrialRecord], *, left: int, now: float | None
) -> Account:
    """Draw the account of a search.

    Args:
        plan: of the search.
        layout: of its run, where the validation images are counted.
        records: all trials.
        left: trials that the budget still allows.
        now: seconds since 1970 on the driver's clock; None: nobody drives the search.
    """
    present = [record for record in records if not record.aside]
    return Account(
        ledger(records, epochs=plan.budget.epochs, gpus=plan.resources.gpus or 1.0),
        forecast(
            present,
            epochs=plan.budget.epochs,
            objective=plan.objective,
            left=left,
            images=_images(layout, records),
        ),
        audited(present, Scoring.of(plan.objective)),
        spent(records, budget=plan.budget, prices=plan.resources.prices, now=now),
        tuple(bad.sentence() for bad in bad_nodes(records)),
    )


class Accountant:
    """Draws a new account now and then.

    Args:
        plan: of the search.
        layout: of its run.
        clock: monotonic, in seconds.
    """

    def __init__(self, plan: Plan, layout: RunLayout, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._plan, self._layout = plan, layout
        self._sparing = Sparing(EVERY, clock)
        self._last: Account | None = None

    def account(self, records: Sequence[TrialRecord], *, left: int) -> Account:
        """Return the account, a new one where the last one is old; see `account`."""
        if self._last is None or self._sparing.due:
            draw = functools.partial(account, self._plan, self._layout, records, left=left, now=time.time())
            self._last = self._sparing.do(draw)
        return self._last


def _images(layout: RunLayout, records: Sequence[TrialRecord]) -> int | None:
    """Return how many validation images there are; every trial has the same. A damaged file does not end a search."""
    number = next((record.number for record in records if record.status == "completed"), None)
    try:
        return None if number is None else validation_images(layout.trial(number))
    except (OSError, ValueError, BadZipFile):
        return None
