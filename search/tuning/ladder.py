"""The rungs of a search: who stood where with which value, and what a scheduler makes of a new one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from search.runs.ranking import Scoring
from search.runs.record import RungDecision
from search.tuning.schedulers import Scheduler


class Ladder:
    """All values at all rungs; a scheduler sees them with larger ones as better.

    Args:
        scheduler: the rule.
        scoring: of the objective.
    """

    def __init__(self, scheduler: Scheduler, scoring: Scoring) -> None:
        self._scheduler = scheduler
        self._scoring = scoring
        self._sign = 1.0 if scoring.maximize else -1.0
        self._standing: dict[int, dict[int, float]] = {rung: {} for rung in scheduler.rungs}

    def decide(self, number: int, before: int, values: Mapping[int, float]) -> tuple[RungDecision, ...]:
        """Decide at every rung that a trial's last report has passed; nothing is remembered yet.

        Args:
            number: of the trial.
            before: its last step before this report; 0 for none.
            values: its curve with this report, step to value; the last one finite.
        """
        passed = [rung for rung in self._standing if before < rung <= max(values)]
        return tuple(self._decide(number, rung, values) for rung in passed)

    def stand(self, number: int, values: Mapping[int, float]) -> None:
        """Remember where a trial stands, from its curve: at each rung by the first value from there on."""
        for rung, standing in self._standing.items():
            at = min((step for step in values if step >= rung), default=None)
            if at is not None and math.isfinite(values[at]):
                upto = {step: value for step, value in values.items() if step <= at}
                standing.setdefault(number, self._oriented(upto))

    def _decide(self, number: int, rung: int, values: Mapping[int, float]) -> RungDecision:
        value = self._oriented(values)
        others = [theirs for n, theirs in self._standing[rung].items() if n != number]
        decided = self._scheduler.decide(rung, value, [*others, value])
        return replace(decided, cutoff=None if decided.cutoff is None else self._sign * decided.cutoff)

    def _oriented(self, values: Mapping[int, float]) -> float:
        score = self._scoring.score(values)
        assert score is not None, "the caller has seen to a finite value"
        return self._sign * score
