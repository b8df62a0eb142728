"""Who is ahead: one rule for the live display, the reading API and the dashboard.

A trial's score is its last epoch's value (its best one with ``objective.at: best``). A stopped trial never outranks
a completed one; among trials that did not complete, the one that came further is ahead, and at equal epochs the
better value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from search.plan.sections import ObjectivePlan
from search.runs.record import TrialRecord


@dataclass(frozen=True)
class Scoring:
    """How values become scores: larger is better with ``maximize``; the best epoch counts with ``at_best``."""

    maximize: bool = True
    at_best: bool = False

    @classmethod
    def of(cls, objective: ObjectivePlan) -> Scoring:
        """Return the scoring that a plan's objective asks for."""
        return cls(maximize=objective.mode == "max", at_best=objective.at == "best")

    def score(self, values: Mapping[int, float]) -> float | None:
        """Return the score of a curve (step to value), NaN and infinity left out; None where nothing is left."""
        if not self.at_best:
            return next((values[s] for s in sorted(values, reverse=True) if math.isfinite(values[s])), None)
        finite = [value for value in values.values() if math.isfinite(value)]
        return (max(finite) if self.maximize else min(finite)) if finite else None

    def epoch(self, values: Mapping[int, float]) -> int | None:
        """Return the step whose value is the score: the last one, or with ``at_best`` the first best one."""
        score = self.score(values)
        found = [step for step, value in sorted(values.items()) if value == score]
        return (found[0] if self.at_best else found[-1]) if found else None

    def better(self, score: float, than: float) -> bool:
        """Tell whether a score is better than another."""
        return score > than if self.maximize else score < than


def rank(trials: Iterable[TrialRecord], scoring: Scoring) -> list[TrialRecord]:
    """Return the trials that have a score and did not fail, best first; ties in order of number."""

    return sorted(_scored(trials, scoring), key=lambda trial: _place(trial, scoring))


def leader(trials: Iterable[TrialRecord], scoring: Scoring) -> TrialRecord | None:
    """Return the first that `rank` would return, without the cost of sorting; None where there is none."""
    scored = _scored(trials, scoring)
    completed = [trial for trial in scored if trial.status == "completed"]
    return min(completed or scored, key=lambda trial: _place(trial, scoring), default=None)


def _scored(trials: Iterable[TrialRecord], scoring: Scoring) -> list[TrialRecord]:
    return [t for t in trials if t.status != "failed" and scoring.score(t.values) is not None]


def _place(trial: TrialRecord, scoring: Scoring) -> tuple[bool, int, float, int]:
    """Return what sorts a trial that has a score among the others, the best first."""
    score = scoring.score(trial.values)
    assert score is not None
    return trial.status != "completed", -trial.reach, -score if scoring.maximize else score, trial.number
