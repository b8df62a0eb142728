"""A study with a past is taken over: what a crash cut off is mended, and orphans wait to go on."""

from __future__ import annotations

from collections.abc import Callable

from search.runs import record
from search.runs.record import Stint
from search.tuning.judge import Judge
from search.tuning.ladder import Ladder
from search.tuning.proposals import Proposals
from search.tuning.roster import Roster


def take_over(
    roster: Roster, ladder: Ladder, proposals: Proposals, judge: Judge, *, clock: Callable[[], float]
) -> None:
    """Read all trials, then settle those whose driver died.

    Args:
        roster: empty.
        ladder: empty.
        proposals: are told of each point.
        judge: settles.
        clock: seconds since 1970.
    """
    for trial in roster.study.get_trials(deepcopy=False):
        known = record.read(trial)
        # One that waits without a stint was enqueued by another program, and never comes to a rung.
        entered = known.status != "rejected" and (known.stints or known.status != "waiting")
        if entered and not known.aside:
            ladder.remember(known)
        roster.take_over(trial, known)
        if known.aside:
            proposals.add_elsewhere(known.origin)
        else:
            proposals.add_seen(known.point, known.origin)
    for known in roster.records:
        if known.status == "running" or (known.status == "waiting" and known.stints):
            _adopt(known.number, roster, judge, at=clock())


def _adopt(number: int, roster: Roster, judge: Judge, *, at: float) -> None:
    """Settle a trial: running, or cut off between the two records of an end or a start."""
    if not roster[number].stints:
        roster.write_stint(number, Stint(attempt=1, start=at))
    stint = roster[number].stints[-1]
    if stint.ending is None:
        roster.write_stint(number, stint.ended("orphaned", at=at, reason="the driver died"))
    known = roster[number]
    for step in sorted(known.values.keys() - known.reports.keys()):
        judge.decide_late(number, step)
    judge.settle(number)
