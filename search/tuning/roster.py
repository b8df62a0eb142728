"""All trials of a search, in memory as in the study: written first, then remembered, and counted as they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from optuna.distributions import BaseDistribution
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from search.runs import record
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, Stint, TrialRecord


class Roster:
    """The trials by number, with what a Policy would else have to count anew at each ask.

    ``running`` are the trials that workers have, ``own`` counts those of the budget, ``accepted`` those that others
    asked for and no constraint rejected; trials of another horizon are none of these.

    Args:
        study: with one direction.
        scoring: of its objective.
        follow: is told how a trial stands whenever that may have changed.
        pauses: whether the scheduler lets trials pause at rungs; those are not interrupted.
    """

    def __init__(
        self, study: Study, scoring: Scoring, *, follow: Callable[[TrialRecord], None], pauses: bool
    ) -> None:
        self.study = study
        self.storage = study._storage
        self.running: set[int] = set()
        self.own = 0
        self.accepted = 0
        self.rejected_in_a_row = 0
        self._scoring = scoring
        self._follow = follow
        self._pauses = pauses
        self._records: list[TrialRecord] = []
        self._ids: list[int] = []
        self._interrupted: set[int] = set()

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, number: int) -> TrialRecord:
        if not 0 <= number < len(self._records):
            raise KeyError(number)
        return self._records[number]

    @property
    def records(self) -> list[TrialRecord]:
        """All trials, by number."""
        return list(self._records)

    def interrupted(self) -> int | None:
        """Return the first trial that waits to go on and does not pause at a rung."""
        return min(self._interrupted, default=None)

    def take_over(self, trial: FrozenTrial, known: TrialRecord) -> None:
        """Remember a trial that stands in the study, and add the values that a crash cut off there."""
        if not trial.state.is_finished():
            record.repair(self.storage, trial, known)
        self._add(known, trial._trial_id)

    def enter(
        self,
        known: TrialRecord,
        distributions: Mapping[str, BaseDistribution],
        *,
        violations: Mapping[str, float],
        notes: Mapping[str, Any],
    ) -> None:
        """Add a trial to the study, whole, in one record."""
        trial = record.new_trial(known, distributions, violations=violations, notes=notes)
        self._add(known, self.storage.create_new_trial(self.study._study_id, template_trial=trial))

    def write_stint(self, number: int, stint: Stint) -> None:
        """Record a stint's start, place or end."""
        known = self[number]
        record.write_stint(self.storage, self._ids[number], stint)
        others = tuple(other for other in known.stints if other.attempt != stint.attempt)
        self._put(replace(known, stints=(*others, stint)))

    def write_report(self, number: int, report: RecordedReport) -> None:
        """Record a report with its decision, or another decision for it."""
        known = self[number]
        record.write_report(self.storage, self._ids[number], report)
        reports = {**known.reports, report.step: report}
        values = {**known.values, report.step: known.values.get(report.step, report.value)}
        if report.step < known.step:
            reports, values = dict(sorted(reports.items())), dict(sorted(values.items()))
        self._put(replace(known, values=values, reports=reports))

    def run(self, number: int) -> None:
        """Let a waiting trial run."""
        self.storage.set_trial_state_values(self._ids[number], TrialState.RUNNING)
        self._put(replace(self[number], status="running"))

    def wait(self, number: int) -> None:
        """Let a trial wait to go on from its last checkpoint."""
        last = self[number].last
        resume = (last.checkpoint if last else None) or ""
        self.storage.set_trial_system_attr(self._ids[number], record.RESUME, resume)
        self._set_state(number, TrialState.WAITING)

    def end(self, number: int, state: TrialState, reason: str = "") -> None:
        """Bring a trial into a final state; completed and stopped ones have a value."""
        if reason:
            self.storage.set_trial_user_attr(self._ids[number], record.REASON, reason)
        self._set_state(number, state, reason)

    def _set_state(self, number: int, state: TrialState, reason: str = "") -> None:
        known = self[number]
        final = state in (TrialState.COMPLETE, TrialState.PRUNED)
        score = self._scoring.score(known.values) if final else None
        self.storage.set_trial_state_values(self._ids[number], state, None if score is None else [score])
        self._put(replace(known, status=record.STATUS[state], reason=reason))

    def _add(self, known: TrialRecord, trial_id: int) -> None:
        self._records.append(known)
        self._ids.append(trial_id)
        if not known.aside:
            requested = known.request is not None
            self.accepted += requested and known.status != "rejected"
            self.own += not requested and known.status != "rejected"
        new_and_rejected = known.status == "rejected" and known.copied is None
        self.rejected_in_a_row = self.rejected_in_a_row + 1 if new_and_rejected else 0
        self._settle(known)

    def _put(self, known: TrialRecord) -> None:
        self._records[known.number] = known
        self._settle(known)

    def _settle(self, known: TrialRecord) -> None:
        if known.status == "running":
            self.running.add(known.number)
        else:
            self.running.discard(known.number)
        # One without a stint was enqueued by another program: it has no complete point, and is left alone.
        waits = known.status == "waiting" and bool(known.stints)
        if waits and not (self._pauses and known.paused_at is not None):
            self._interrupted.add(known.number)
        else:
            self._interrupted.discard(known.number)
        self._follow(known)
