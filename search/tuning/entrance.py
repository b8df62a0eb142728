"""How a trial comes in: proposed, measured, rejected where a constraint forbids it, else entered into a bracket."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from search.plan.objectives import Constraint, attribute_text
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.record import Stint, TrialRecord
from search.tuning.asked import Asked
from search.tuning.distributions import distributions
from search.tuning.ladder import Ladder
from search.tuning.proposals import Proposal, Proposals
from search.tuning.roster import Roster

MOST_REJECTED = 200
"""Configurations rejected in a row before the search gives up looking for one that the constraints allow."""

Measure = Callable[[Mapping[str, Value]], Mapping[str, float]]
"""Returns the attributes of a point."""


class Entrance:
    """Lets new trials in.

    Args:
        space: of the points.
        proposals: what is tried next.
        roster: takes the trials.
        ladder: has the brackets.
        asked: has the budget.
        measure: returns a point's attributes; None: there are none.
        constraints: on the attributes.
        seed: of the run.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        space: Space,
        *,
        proposals: Proposals,
        roster: Roster,
        ladder: Ladder,
        asked: Asked,
        measure: Measure | None,
        constraints: Sequence[Constraint],
        seed: int,
        clock: Callable[[], float],
    ) -> None:
        self._space = space
        self._proposals = proposals
        self._roster = roster
        self._ladder = ladder
        self._asked = asked
        self._measure = measure
        self._constraints = tuple(constraints)
        self._seed = seed
        self._clock = clock

    @property
    def over(self) -> bool:
        """Whether no new trial will begin, as the study has it."""
        return (self._own_over() or self._proposals.exhausted()) and not self._proposals.asked

    def next(self) -> int | None:
        """Enter the next trial and return its number; None where no new one may begin."""
        while not self.over:
            proposal = self._proposals.next(self._roster.study, len(self._roster))
            if proposal is None:
                return None
            number = self._enter(proposal)
            if number is not None:
                return number
        return None

    def why_none(self) -> str:
        """Return why no new trial begins."""
        if self._full():
            return f"all {self._asked.budget.trials + self._roster.accepted} trials are done"
        if self._infeasible():
            return self._why_infeasible()
        return f"the space is exhausted: all {len(self._roster)} configurations were tried"

    def _full(self) -> bool:
        """Whether the budget of trials is used up; those that others enqueued come on top."""
        return self._roster.own >= self._asked.budget.trials

    def _infeasible(self) -> bool:
        return bool(self._constraints) and self._roster.rejected_in_a_row >= MOST_REJECTED

    def _own_over(self) -> bool:
        return self._full() or self._infeasible()

    def _enter(self, proposal: Proposal) -> int | None:
        """Add a trial to the study, whole, in one record; return its number, None where it is rejected."""
        number, point = len(self._roster), proposal.point
        attributes = dict(self._measure(point)) if self._measure else {}
        violations = self._violations(attributes)
        rejected = any(violation > 0 for violation in violations.values())
        known = TrialRecord(
            number,
            "rejected" if rejected else "running",
            point,
            {},
            () if rejected else (Stint(attempt=1, start=self._clock()),),
            origin=proposal.origin,
            reason=self._why_rejected(attributes, violations) if rejected else "",
            seed=self._seed if proposal.seed is None else proposal.seed,
            bracket=0 if rejected else self._bracket(number),
            attributes=attributes,
        )
        named = {str(constraint): violation for constraint, violation in violations.items()}
        sampled = distributions(self._space, point)
        self._roster.enter(known, sampled, violations=named, notes=proposal.notes)
        self._proposals.add_seen(point, proposal.origin)
        if rejected:
            return None
        self._ladder.enter(known)
        return number

    def _bracket(self, number: int) -> int:
        return self._ladder.scheduler.bracket(self._seed, number, self._ladder.order())

    def _violations(self, attributes: Mapping[str, float]) -> dict[Constraint, float]:
        return {c: c.violation(attributes[c.attribute]) for c in self._constraints}

    def _why_rejected(self, attributes: Mapping[str, float], violations: Mapping[Constraint, float]) -> str:
        worst = max(violations, key=lambda constraint: violations[constraint])
        return f"rejected: {worst.attribute} {attribute_text(attributes[worst.attribute])}, but `{worst}`"

    def _why_infeasible(self) -> str:
        rejected = self._roster.records[-MOST_REJECTED:]
        violated = Counter(c for r in rejected for c, by in self._violations(r.attributes).items() if by > 0)
        (worst, count), *_ = violated.most_common(1)
        return (
            f"the constraints reject what is proposed: of the last {len(rejected)} configurations none was "
            f"allowed, and {count} violate `{worst}`: relax it, or narrow the space"
        )
