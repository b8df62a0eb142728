"""The rungs of a search: who stands where, and what a scheduler makes of a trial that arrives.

Around the scheduler's own rule stand two of ours: nobody is stopped whom no other trial dominates there (several
objectives), and a random share of the condemned is let live (audit).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from search.plan.objectives import Goal
from search.runs.ranking import Scoring
from search.runs.record import ENDED, RungDecision, TrialRecord
from search.tuning.chance import chance
from search.tuning.rung import Rung, Vector
from search.tuning.schedulers import Scheduler, Standing


class Ladder:
    """All rungs of all brackets; a scheduler sees values with larger ones as better.

    A trial of the control group stands at the rung where it was condemned and at no later one: there the cut-offs
    are those of a search without the audit, so that it changes nobody's fate but that of the control group.

    Args:
        scheduler: the rule.
        scoring: of the objective.
        seed: of the run.
        goals: objectives beside the curve; none: the curve alone counts.
    """

    def __init__(
        self, scheduler: Scheduler, scoring: Scoring, *, seed: int = 0, goals: Sequence[Goal] = ()
    ) -> None:
        self.scheduler = scheduler
        self.sign = 1.0 if scoring.maximize else -1.0
        self.goals = tuple(goals)
        self._scoring = scoring
        self._seed = seed
        self._rungs: dict[tuple[int, int], Rung] = {}
        self._trials: dict[int, tuple[int, Vector]] = {}
        self._members: dict[int, list[int]] = {}
        self._control: set[int] = set()
        self._ended: set[int] = set()

    def enter(self, known: TrialRecord) -> None:
        """Take a trial into its bracket, with the attributes that are its other objectives."""
        attributes = tuple(_oriented(known.attributes, goal) for goal in self.goals)
        self._trials[known.number] = known.bracket, attributes
        self._members.setdefault(known.bracket, []).append(known.number)

    def remember(self, known: TrialRecord) -> None:
        """Take over a trial of the study: at each rung it stands with its first value from there on."""
        self.enter(known)
        decided = [rung for report in known.reports.values() for rung in report.rungs]
        condemned = min((rung.rung for rung in decided if rung.audited), default=math.inf)
        steps = list(known.values)
        for rung in self.scheduler.rungs_of(known.bracket):
            at = bisect_left(steps, rung)
            if at < len(steps) and math.isfinite(known.values[steps[at]]) and rung <= condemned:
                self._stand(known.number, rung, {step: known.values[step] for step in steps[: at + 1]})
        if math.isfinite(condemned):
            self._control.add(known.number)
        if known.status in ENDED:
            self.end(known.number)

    def order(self) -> int:
        """Return how many trials entered a bracket."""
        return len(self._trials)

    def end(self, number: int) -> None:
        """Take note that a trial will come to no rung any more."""
        self._ended.add(number)

    def audit(self, number: int) -> None:
        """Put a trial into the control group."""
        self._control.add(number)

    def controlled(self, number: int) -> bool:
        """Tell whether a trial is of the control group."""
        return number in self._control

    def spared(self, number: int, rung: int) -> bool:
        """Draw whether a condemned trial is let live."""
        return chance(self._seed, "audit", number, rung) < self.scheduler.audit

    def bracket(self, number: int) -> int:
        """Return a trial's bracket."""
        return self._trials[number][0]

    def rung(self, bracket: int, rung: int) -> Rung:
        """Return one rung of one bracket."""
        return self._rungs.setdefault((bracket, rung), Rung())

    def arrive(self, number: int, before: int, values: Mapping[int, float]) -> tuple[RungDecision, ...]:
        """Let a trial stand at every rung that its last report has passed, and decide at each.

        Args:
            number: of the trial.
            before: its last step before this report; 0 for none.
            values: its curve with this report, step to value; the last one finite.
        """
        rungs = self.scheduler.rungs_of(self.bracket(number))
        decided: list[RungDecision] = []
        for rung in rungs[bisect_right(rungs, before) : bisect_right(rungs, max(values))]:
            condemned = any(not earlier.keep for earlier in decided)
            decided.append(self._decide(number, rung, values, condemned=condemned))
        return tuple(decided)

    def closed(self, bracket: int, rung: int, *, over: bool) -> bool:
        """Tell whether all trials that may come to a rung have, or have ended.

        Args:
            bracket: one with a capacity.
            rung: one of its rungs.
            over: no new trial will begin.
        """
        capacity = self.scheduler.capacity(bracket)
        awaited: Collection[int] = self._members.get(bracket, [])
        if capacity is None or (len(awaited) < capacity and not over):
            return False
        for at in self.scheduler.rungs_of(bracket):
            here = self.rung(bracket, at)
            if not all(n in here or n in self._ended or n in self._control for n in awaited):
                return False
            if at == rung:
                break
            awaited = self._goers(bracket, at)
        return True

    def places(self, bracket: int, rung: int) -> int:
        """Return how many of the best at a rung may go on."""
        standing, entered = len(self.rung(bracket, rung)), len(self._members.get(bracket, []))
        return self.scheduler.places(bracket, rung, standing=standing, entered=entered)

    def _goers(self, bracket: int, rung: int) -> set[int]:
        """Return who may go on from a closed rung."""
        here = self.rung(bracket, rung)
        best = {number for _, number in here.ranked[: self.places(bracket, rung)]}
        return best | set(here.front) if self.goals else best

    def _decide(
        self, number: int, rung: int, values: Mapping[int, float], *, condemned: bool
    ) -> RungDecision:
        bracket = self.bracket(number)
        here = self.rung(bracket, rung)
        mine = self._standing(values)
        decided = self.scheduler.decide(rung, mine, here.others(number))
        cutoff = None if decided.cutoff is None else self.sign * decided.cutoff
        decided = replace(decided, cutoff=cutoff, bracket=bracket)
        if number in self._control:
            return replace(decided, keep=True, audited=True)
        self._stand(number, rung, values)
        # Where trials pause, nobody is condemned on arrival: there are places to wait for.
        if decided.keep or self.scheduler.pauses:
            return replace(decided, keep=True)
        if self.goals and number in here.front:
            return replace(decided, keep=True, front=True)
        if not condemned and self.spared(number, rung):
            self.audit(number)
            return replace(decided, keep=True, audited=True)
        return decided

    def _stand(self, number: int, rung: int, values: Mapping[int, float]) -> None:
        bracket, attributes = self._trials[number]
        standing = self._standing(values)
        self.rung(bracket, rung).add(number, standing, (standing.score, *attributes))

    def _standing(self, values: Mapping[int, float]) -> Standing:
        finite = [self.sign * value for value in values.values() if math.isfinite(value)]
        score = self._scoring.score(values)
        assert score is not None, "the caller has seen to a finite value"
        return Standing(self.sign * score, best=max(finite), mean=math.fsum(finite) / len(finite))


def _oriented(attributes: Mapping[str, float], goal: Goal) -> float:
    """Return an attribute with larger as better; one that could not be measured is the worst."""
    value = attributes.get(goal.attribute, math.nan)
    if math.isnan(value):
        return -math.inf
    return value if goal.maximize else -value
