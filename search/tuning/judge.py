"""What becomes of a trial after a report and after a stint; each decision is recorded before it is returned."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from optuna.trial import TrialState

from search.runs.nodes import Nodes
from search.runs.record import RecordedReport, RungDecision, TrialRecord
from search.training.report import Report
from search.tuning.answers import Decision
from search.tuning.asked import Asked
from search.tuning.endings import lost_place, settled
from search.tuning.entrance import Entrance
from search.tuning.ladder import Ladder
from search.tuning.promotions import Promotions
from search.tuning.roster import Roster


class Judge:
    """Decides on trials that there are already.

    Args:
        roster: has the trials.
        ladder: has their rungs.
        promotions: has those that pause.
        entrance: knows whether new ones will come.
        asked: knows the horizon, and whom somebody wants stopped.
        nodes: knows those on which whatever runs crashes.
    """

    def __init__(
        self,
        *,
        roster: Roster,
        ladder: Ladder,
        promotions: Promotions,
        entrance: Entrance,
        asked: Asked,
        nodes: Nodes,
    ) -> None:
        self._roster = roster
        self._ladder = ladder
        self._promotions = promotions
        self._entrance = entrance
        self._asked = asked
        self._nodes = nodes

    def report(
        self, number: int, report: Report, value: float, *, checkpoint: str | None, free: bool, stopping: bool
    ) -> Decision:
        """Decide how a running trial goes on after a new epoch.

        Args:
            number: of the trial.
            report: of the epoch.
            value: the objective's.
            checkpoint: where its weights are.
            free: whether this trial's worker would be given another one.
            stopping: whether whoever runs is to pause.
        """
        known = self._roster[number]
        rungs = self._arrive(known, report.step, value, free=free and not stopping)
        decision = self._decision(number, report.epoch + report.skipped, value, rungs, stopping=stopping)
        recorded = RecordedReport(
            step=report.step,
            epoch=report.epoch,
            value=value,
            seconds=report.seconds,
            attempt=known.attempt,
            checkpoint=checkpoint,
            decision=decision.value,
            rungs=rungs,
            skipped=report.skipped,
        )
        self._roster.write_report(number, recorded)
        return decision

    def decide_late(self, number: int, step: int) -> None:
        """Decide a value that stands in the study without its decision."""
        known = self._roster[number]
        value = known.values[step]
        rungs = self._arrive(known, step, value, free=False)
        decision = self._decision(number, step, value, rungs, stopping=False)
        seconds = known.last.seconds if known.last else 0.0
        late = RecordedReport(step, step, value, seconds, known.attempt, None, decision.value, rungs)
        self._roster.write_report(number, late)

    def settle(self, number: int) -> None:
        """Bring a trial whose last stint has ended into the state that follows from it."""
        known = self._roster[number]
        asked = self._asked.stops.get(number, "")
        epochs, blamed = self._asked.budget.epochs, self._nodes.bad
        state, reason = settled(known, epochs=epochs, asked=asked, blamed=blamed)
        if state != TrialState.WAITING:
            self._roster.end(number, state, reason)
        elif known.status != "waiting":
            self._roster.wait(number)
        if asked and self._roster[number].paused_at is not None:
            self._roster.end(number, TrialState.PRUNED, asked)

    def settle_losers(self, *, over: bool) -> None:
        """End the trials that pause at a rung and can never go on; some are let live as a control group.

        Args:
            over: no new trial will begin, and nobody can go on now.
        """
        # One of the control group stands at no rung any more: whoever waits for him alone waits for nothing.
        settled = over and all(map(self._ladder.controlled, self._roster.running))
        for loser in self._promotions.losers(over=over, settled=settled):
            known = self._roster[loser.number]
            if self._ladder.spared(loser.number, loser.rung):
                self._ladder.audit(loser.number)
                self._let_live(known, loser.rung)
            else:
                reason = lost_place(known, loser.rung, places=loser.places, standing=loser.standing)
                self._roster.end(loser.number, TrialState.PRUNED, reason)

    def _let_live(self, known: TrialRecord, rung: int) -> None:
        last = known.last
        assert last is not None, "who pauses at a rung has reported"
        rungs = (replace(r, keep=True, audited=True) if r.rung == rung else r for r in last.rungs)
        self._roster.write_report(known.number, replace(last, rungs=tuple(rungs)))

    def _arrive(self, known: TrialRecord, step: int, value: float, *, free: bool) -> tuple[RungDecision, ...]:
        if not math.isfinite(value):
            return ()
        values = {s: v for s, v in known.values.items() if s < step} | {step: value}
        before = max((s for s in values if s < step), default=0)
        rungs = self._ladder.arrive(known.number, before, values)
        if not rungs or rungs[-1].audited or not self._ladder.scheduler.pauses:
            return rungs
        # It is past the lower ones. The highest it leaves at once if it is the very trial that its worker would be
        # given next: to pause it would only cost a checkpoint's way to the disk and back.
        top = rungs[-1]
        next_anyway = (
            free
            and self._roster.interrupted() is None
            and self._promotions.goes_on(known.number, top.rung, over=self._entrance.over)
        )
        return (*rungs[:-1], replace(top, keep=next_anyway))

    def _decision(
        self, number: int, reach: int, value: float, rungs: Sequence[RungDecision], *, stopping: bool
    ) -> Decision:
        if reach >= self._asked.budget.epochs or not math.isfinite(value) or number in self._asked.stops:
            return Decision.STOP
        if all(rung.keep for rung in rungs):
            return Decision.PAUSE if stopping else Decision.CONTINUE
        return Decision.PAUSE if self._ladder.scheduler.pauses else Decision.STOP
