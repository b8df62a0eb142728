"""A trial that is not in the study yet: samplers read the study as it is, and write into the draft.

Optuna's samplers expect the trial that they draw for to be in the storage already, and some write attributes into
it. A trial of ours enters the study whole, in one record, so what they write is kept here as notes for that record.
"""

from __future__ import annotations

import copy
from collections.abc import Container
from typing import Any

from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.plan.domain import Domain
from search.runs.record import teaches
from search.tuning.distributions import distribution

DRAFT_ID = -1
"""The id of a trial that no storage has."""


class Lessons:
    """The trials of one study that a sampler may learn from; those of another space or horizon would mislead it.

    Each trial is looked at once, since where it was copied from never changes: at 10,000 trials to look at all of them
    was a fifth of an ask.
    """

    def __init__(self) -> None:
        self._looked_at = 0
        self._misleading: set[int] = set()

    def among(self, trials: list[FrozenTrial]) -> list[FrozenTrial]:
        """Return those that teach.

        Args:
            trials: all of the study, by number.
        """
        new = trials[self._looked_at :]
        self._looked_at = len(trials)
        self._misleading.update(trial.number for trial in new if not teaches(trial))
        if not self._misleading:
            return trials
        return [trial for trial in trials if trial.number not in self._misleading]


class DraftStudy(Study):
    """A study as a sampler sees it, with one draft.

    Args:
        study: is read; of the attributes that a sampler writes into the study itself, it takes what comes.
        number: that the trial will have.
        lessons: of this study, kept from draft to draft; None: each trial is looked at anew.
    """

    def __init__(self, study: Study, number: int, lessons: Lessons | None = None) -> None:
        vars(self).update(vars(study))
        # Optuna keeps a list of the trials here that only `Study.ask` forgets: a sampler would see an old study.
        self._thread_local = type(study._thread_local)()
        self.draft: FrozenTrial = create_trial(state=TrialState.RUNNING)
        self.draft.number = number
        self.draft._trial_id = DRAFT_ID
        self._storage: Any = _DraftStorage(study._storage, self.draft, lessons or Lessons())

    @property
    def notes(self) -> dict[str, Any]:
        """What the sampler wrote into the draft."""
        return dict(self.draft.system_attrs)


class _DraftStorage:
    """The study's storage, but for the draft."""

    def __init__(self, storage: BaseStorage, draft: FrozenTrial, lessons: Lessons) -> None:
        self._storage = storage
        self._draft = draft
        self._lessons = lessons

    def __getattr__(self, name: str) -> Any:
        return getattr(self._storage, name)

    def get_all_trials(
        self, study_id: int, deepcopy: bool = True, states: Container[TrialState] | None = None
    ) -> list[FrozenTrial]:
        """Return the trials that a sampler may learn from."""
        found = self._lessons.among(self._storage.get_all_trials(study_id, deepcopy))
        return found if states is None else [trial for trial in found if trial.state in states]

    def get_trial(self, trial_id: int) -> FrozenTrial:
        return copy.copy(self._draft) if trial_id == DRAFT_ID else self._storage.get_trial(trial_id)

    def get_trial_system_attrs(self, trial_id: int) -> dict[str, Any]:
        if trial_id == DRAFT_ID:
            return dict(self._draft.system_attrs)
        return self._storage.get_trial_system_attrs(trial_id)

    def set_trial_system_attr(self, trial_id: int, key: str, value: Any) -> None:
        assert trial_id == DRAFT_ID, "a sampler writes into the trial that it draws for"
        self._draft.system_attrs[key] = value


class Draft:
    """One configuration as a sampler draws it.

    Args:
        study: is read.
        number: that the trial will have.
        sampler: draws.
        lessons: of this study, kept from draft to draft; None: each trial is looked at anew.
    """

    def __init__(
        self, study: Study, number: int, sampler: BaseSampler, lessons: Lessons | None = None
    ) -> None:
        self._study = DraftStudy(study, number, lessons)
        self._sampler = sampler
        space = sampler.infer_relative_search_space(self._study, self._study.draft)
        self._joint = sampler.sample_relative(self._study, self._study.draft, space)

    @property
    def notes(self) -> dict[str, Any]:
        """What the sampler wants to find in the trial."""
        return self._study.notes

    def value(self, name: str, domain: Domain) -> Any:
        """Return what the sampler draws for a parameter; it may lie outside the domain where an earlier trial did."""
        if name in self._joint:
            return self._joint[name]
        return self._sampler.sample_independent(self._study, self._study.draft, name, distribution(domain))
