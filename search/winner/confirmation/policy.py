"""Which training of a confirmation comes next, for a driver: the Policy of a search without ideas of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optuna.study import Study

from search.plan.plan import Plan
from search.plan.trial_config import Value
from search.runs.ranking import Scoring
from search.runs.record import ENDED, TrialRecord
from search.tuning.answers import Done, Limits, Start, Wait
from search.tuning.policy import Policy
from search.winner.confirmation.schedule import TEST, Schedule, Scores, training_of


class ConfirmingPolicy(Policy):
    """Trains what a schedule says, each training as a request of its own in the study, so that none is done twice.

    Args:
        plan: of the search, with a scheduler that stops nobody.
        study: of the confirmation, empty or with a past.
        schedule: what is trained.
        points: of the candidates, by their numbers in the search.
        workers: how many trainings may run at once.
    """

    def __init__(
        self,
        plan: Plan,
        study: Study,
        *,
        schedule: Schedule,
        points: Mapping[int, Mapping[str, Value]],
        workers: int,
    ) -> None:
        super().__init__(
            plan.space,
            budget=Limits(0, plan.budget.epochs),
            study=study,
            metric=plan.objective.metric,
            at_best=plan.objective.at == "best",
            sampler="random",
            scheduler="none",
            workers=workers,
            seed=plan.seed,
        )
        self._schedule, self._points = schedule, points
        self._scoring = Scoring.of(plan.objective)
        self._drop_other_schedules()

    @property
    def budget(self) -> Limits:
        """How many trainings are still to be enqueued, and their epochs: what is enqueued counts on top of a budget."""
        own = self._schedule.epochs
        enqueued = sum(one.epochs == own for known in self.records if (one := training_of(known)))
        return Limits(max(self._schedule.trainings - enqueued, 0), super().budget.epochs)

    def ask(self, *, new: bool = True) -> Start | Wait | Done:
        """Return what a free worker does next: a phase begins when the last training of the one before has ended."""
        answer = super().ask(new=new)
        if isinstance(answer, Done) and not self._stop_reason:
            due = self._schedule.due(scores(self.records, self._scoring))
            for training in due:
                self.enqueue(training.name, self._points[training.candidate], seed=training.seed)
            return super().ask(new=new) if due else Done("the winner is confirmed")
        return answer

    def _drop_other_schedules(self) -> None:
        """End what waits to go on and began on a schedule of another length: that is never stretched."""
        for known in self.records:
            training = training_of(known)
            if known.status not in ENDED and training and training.epochs != self._schedule.epochs:
                reason = f"it began on a schedule of {training.epochs} epochs"
                self.stop_trial(f"other-schedule-{known.number}", known.number, reason)


def looks_at_test(known: TrialRecord) -> bool:
    """Tell whether a trial looks at the test images after its last epoch."""
    training = training_of(known)
    return training is not None and training.part == TEST


def scores(records: Sequence[TrialRecord], scoring: Scoring) -> Scores:
    """Return the scores of the trainings that have ended, None of those that did not complete."""
    ended = {training_of(known): known for known in records if known.status in ENDED}
    return {
        training: scoring.score(known.values) if known.status == "completed" else None
        for training, known in ended.items()
        if training is not None
    }
