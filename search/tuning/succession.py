"""A study is succeeded by another in the same run: all its trials are copied, with the same numbers.

Trials of the same horizon go on as if nothing had happened. Trials on a schedule of another length end where they are,
since a schedule is never stretched: they are kept beside the new ones, and their best points are trained again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from optuna.study import Study
from optuna.trial import FrozenTrial

from search.plan.plan import Plan
from search.plan.space import Space
from search.plan.trial_config import Value
from search.plan.vocabulary import Vocabulary
from search.runs import record
from search.runs.lineage import ORIGIN, PLAN, first_of, next_name
from search.runs.ranking import Scoring
from search.runs.record import Copied, TrialRecord
from search.tuning.change import needs_study
from search.tuning.distributions import distributions
from search.tuning.from_plan import make_policy
from search.tuning.parts import scheduler_of
from search.tuning.policy import Policy
from search.tuning.proposals import MOST_PAST
from search.tuning.study import make_study

EXTENSION = "succession"
"""The id of the request by which a new study gets more trials than the old one had."""

APPLIED = "applied"
"""The kind of a request that has had its effect in an earlier study."""


@dataclass(frozen=True)
class Predecessor:
    """From which study one was copied, how many trials it had, and their horizon."""

    study: str
    trials: int
    epochs: int


def go_on(
    study: Study, before: Plan, after: Plan, *, more_trials: int, words: Vocabulary
) -> tuple[Study, Plan]:
    """Return the study in which a search goes on with a changed plan, and the plan with its budget.

    A crash at any instant leaves either the old study or the new one.

    Args:
        study: in which it was; its driver is this process.
        before: its plan.
        after: the plan from now on.
        more_trials: on top of the budget.
        words: complete a point.
    """
    if not needs_study(before, after):
        study._storage.set_study_system_attr(study._study_id, PLAN, after.to_yaml())
        return study, after
    policy = make_policy(before, study, workers=1)  # brings the old study to order: nobody runs
    if before.budget.epochs != after.budget.epochs:
        trials = _left(policy) + more_trials or MOST_PAST
        budget = after.budget.model_copy(update={"trials": trials})
        after, more_trials = after.model_copy(update={"budget": budget}), 0
    name = next_name(study._storage, first_of(study.study_name))
    made = make_study(after, study._storage, name, owner=study.user_attrs.get(record.RUN, ""))
    _copy_trials(study, policy.records, made, Copier(study, before, after, words))
    _copy_requests(study, made, policy.records, other_horizon=before.budget.epochs != after.budget.epochs)
    attributes: dict[str, Any] = {PLAN: after.to_yaml()}
    if more_trials:
        request = f"{record.REQUEST}{EXTENSION}-{made.study_name}"
        attributes = {request: {"kind": "extend", "trials": more_trials}, **attributes}
    # The last attribute is what makes the new study count.
    attributes[ORIGIN] = asdict(Predecessor(study.study_name, len(policy.records), before.budget.epochs))
    for key, value in attributes.items():
        made._storage.set_study_system_attr(made._study_id, key, value)
    return made, after


def _left(policy: Policy) -> int:
    """Return how many trials of the budget have not ended; those that others asked for were never in it."""
    own = [known for known in policy.records if not (known.aside or known.request is not None)]
    return max(policy.budget.trials - sum(known.status in record.ENDED for known in own), 0)


class Copier:
    """Makes the trials of a new study out of those of an old one.

    Args:
        study: the old one.
        before: its plan.
        after: that of the new one.
        words: complete a point.
    """

    def __init__(self, study: Study, before: Plan, after: Plan, words: Vocabulary) -> None:
        self._study = study.study_name
        self._before = before
        self._after = after
        self._words = words
        self._scoring = Scoring.of(after.objective)
        self._scheduler = scheduler_of(after)
        self._entered = 0

    def copy(self, trial: FrozenTrial, known: TrialRecord) -> FrozenTrial:
        """Return the copy of the next trial; they come in order of number."""
        point = translated(known.point, self._after.space, self._words)
        copied = known.copied or Copied(self._study, self._before.budget.epochs)
        aside = copied.epochs != self._after.budget.epochs
        copied = replace(copied, aside=aside, inside=point is not None)
        known = replace(known, point=known.point if point is None else point, copied=copied)
        known = replace(
            self._ended(known) if aside else self._moved(known), origin=self._origin(known.origin)
        )
        score = self._scoring.score(known.values) if known.status == "stopped" else trial.value
        return record.copied_trial(trial, known, distributions(self._after.space, known.point), score=score)

    def _ended(self, known: TrialRecord) -> TrialRecord:
        """Return a trial of another horizon, ended where it was; the scheduler has not stopped it."""
        if known.status not in ("waiting", "running"):
            return known
        reason = (
            f"trained for {known.step} epochs on a schedule of {known.horizon(0)}, which is never stretched: "
            f"the search went on to {self._after.budget.epochs}"
        )
        return replace(known, status="stopped", reason=reason, reports=_unpaused(known))

    def _moved(self, known: TrialRecord) -> TrialRecord:
        """Return a trial of the same horizon; under another scheduler, in a bracket of that one."""
        enters = known.status != "rejected" and (bool(known.stints) or known.status != "waiting")
        order, self._entered = self._entered, self._entered + enters
        if self._before.scheduler == self._after.scheduler or not enters:
            return known
        bracket = self._scheduler.bracket(self._after.seed, known.number, order)
        if known.status == "waiting":
            known = replace(known, reports=_unpaused(known))
        return replace(known, bracket=bracket)

    def _origin(self, origin: str) -> str:
        """Return where a point came from; `start:0` is another point where there are new start configurations."""
        given = any(point not in self._before.start for point in self._after.start)
        if given and origin.startswith("start:"):
            return f"{origin} of {self._study}"
        return origin


def translated(point: Mapping[str, Value], space: Space, words: Vocabulary) -> dict[str, Value] | None:
    """Return the point of a space that stands for the same training; None where the space has none.

    Args:
        point: of another space.
        space: the new one.
        words: complete a point, so that a setting that only one of the spaces names is compared too.
    """
    settings = words.complete(point)
    known = {**point, **settings}
    try:
        found = space.walk(lambda name, domain: known[name])
    except (KeyError, ValueError):  # a value that it has not, or that lies outside its domain
        return None
    return found if words.complete(found) == settings else None


def _unpaused(known: TrialRecord) -> dict[int, record.RecordedReport]:
    """Return the reports of a trial, the last without the rung at which it waited for a place."""
    last = known.last
    if last is None or last.decision != "pause":
        return dict(known.reports)
    return {**known.reports, last.step: replace(last, decision="continue", rungs=())}


def _copy_trials(study: Study, records: Sequence[TrialRecord], made: Study, copier: Copier) -> None:
    trials = study.get_trials(deepcopy=False)
    with record.together(made._storage):
        for trial, known in zip(trials, records, strict=True):
            copied = copier.copy(trial, known)
            made._storage.create_new_trial(made._study_id, template_trial=copied)


def _copy_requests(study: Study, made: Study, records: Sequence[TrialRecord], *, other_horizon: bool) -> None:
    """Copy what others asked for: nothing of it may be applied twice, and what is still to be done, not be lost."""
    attributes = study._storage.get_study_system_attrs(study._study_id)
    tried = {known.request for known in records}
    with record.together(made._storage):
        for request, document in record.requests_of(attributes).items():
            had = document["kind"] == "extend" or request in tried
            kept = {**document, "kind": APPLIED} if other_horizon and had else document
            key = f"{record.REQUEST}{request}"
            made._storage.set_study_system_attr(made._study_id, key, kept)
