"""What the ladder says about grace period and reduction factor, in sentences with their numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from dashboard.prepare.agreement import Agreement, agreement
from dashboard.prepare.rungs import Ladder
from dashboard.prepare.table import Table
from search.costs import audit_text
from search.runs.run import Run

ONE_GOES_ON = ("asha", "hyperband")
"""Schedulers with a reduction factor."""


def advice(run: Run, table: Table, ladder: Ladder) -> list[str]:
    """Return what can be said; nothing where nobody has come to a rung."""
    if ladder.rungs.empty:
        return []
    return [
        *_earlier(table, ladder),
        *_later(table, ladder, spent=run.progress().epochs_spent),
        *_factor(run, ladder),
        *_changed(ladder),
        *_audit(run),
    ]


def agreement_text(found: Agreement) -> str:
    """Return an agreement as the end of a sentence, with what it rests on."""
    rho = found.spearman
    interval = f"95 % interval {rho.low:.2f} to {rho.high:.2f}" if math.isfinite(rho.low) else "no interval"
    return f"by {rho.value:.2f} (Spearman; {interval}; {found.trials:,} trials)"


def _earlier(table: Table, ladder: Ladder) -> Iterator[str]:
    """Say what a shorter grace period would save: below the lowest rung nobody was selected, so this is fair."""
    grace = int(ladder.rungs["rung"].min())
    earlier = grace // 3 or grace // 2
    found = agreement(table, earlier, grace) if earlier else None
    if found is None:
        return
    stopped = _stopped_at(ladder, grace)
    yield (
        f"Before anyone is stopped, the order at epoch {earlier} agrees with that at epoch {grace} "
        f"{agreement_text(found)}. With a grace period of {earlier}, the {stopped:,} trials that were stopped at "
        f"epoch {grace} would have cost up to {stopped * (grace - earlier):,} epochs less, had they been stopped there."
    )


def _later(table: Table, ladder: Ladder, *, spent: int) -> Iterator[str]:
    """Say what a longer grace period would cost, and how far the order at the lowest rung can be trusted."""
    grace = int(ladder.rungs["rung"].min())
    above = ladder.rungs["rung"][ladder.rungs["rung"] > grace]
    later = int(above.min()) if len(above) else table.horizon
    if later <= grace:
        return
    more = _stopped_at(ladder, grace) * (later - grace)
    share = f", {more / spent:.0%} of what was trained" if spent else ""
    cost = f"a grace period of {later} instead of {grace} would have cost {more:,} more epochs{share}"
    found = agreement(table, grace, later)
    if found is None:
        yield f"Too few trials reached epoch {later} to compare its order with that at epoch {grace}; {cost}."
        return
    survivors = (
        f" Only the {found.trials:,} of {found.reached:,} trials that went on are compared; among survivors the "
        "agreement looks lower than among all."
        if found.trials < found.reached
        else ""
    )
    yield (
        f"The order at epoch {grace} agrees with that at epoch {later} {agreement_text(found)}; {cost}.{survivors}"
    )


def _factor(run: Run, ladder: Ladder) -> Iterator[str]:
    """Say how narrowly the trial that is ahead came through its rungs."""
    best = run.best()
    if best is None or ladder.scheduler not in ONE_GOES_ON:
        return
    mine = ladder.arrivals[(ladder.arrivals["trial"] == best.number) & ladder.arrivals["place"].notna()]
    if mine.empty:
        return
    slack = np.floor(mine["of"] / mine["place"])
    worst = mine.loc[slack.idxmin()]
    factor = int(slack.min())
    narrow = f"place {int(worst['place']):,} of {int(worst['of']):,} at epoch {int(worst['rung'])}"
    kept = (
        f"in today's order a reduction factor of up to {factor} lets it pass"
        if factor > 1
        else "in today's order no reduction factor lets it pass"
    )
    yield f"Trial {best.number}, which is ahead, came through its rungs with {narrow} at the narrowest: {kept}."


def _changed(ladder: Ladder) -> Iterator[str]:
    """Say how many decisions would be others by today's cut-offs."""
    passing, failing = int(ladder.rungs["pass_now"].sum()), int(ladder.rungs["fail_now"].sum())
    stopped, went = int(ladder.rungs["stopped"].sum()), int(ladder.rungs["went on"].sum())
    if ladder.rungs["cutoff"].notna().any():
        yield (
            f"By today's cut-offs, {passing:,} of {stopped:,} stops would have been passes, and {failing:,} of "
            f"{went:,} passes would have been stops: trials are judged by those that came before them."
        )


def _audit(run: Run) -> Iterator[str]:
    said = audit_text(run.audit())
    if said:
        yield f"Control group: {said}."


def _stopped_at(ladder: Ladder, rung: int) -> int:
    return int(ladder.rungs["stopped"][ladder.rungs["rung"] == rung].sum())
