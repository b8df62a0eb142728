"""What others asked for and the search applied: more trials, points to try, trials to stop, remarks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from optuna.study import Study

from search.plan.trial_config import Value
from search.runs import record
from search.tuning.answers import Limits

MOST_TRIALS = 1_000_000
"""The largest budget, as in a plan."""


class Asked:
    """Requests, each recorded in the study with all that it does, in one record: applied once, or not at all.

    ``budget`` is the budget as it stands, ``stops`` says which trials somebody wants stopped and why.

    Args:
        study: holds them.
        budget: before any request.
        clock: seconds since 1970.
        enqueue: is told of each point, by the origin that its trial will have, and of its seed, None for the run's.
    """

    def __init__(
        self,
        study: Study,
        *,
        budget: Limits,
        clock: Callable[[], float],
        enqueue: Callable[[str, Mapping[str, Value], int | None], None],
    ) -> None:
        self.budget = budget
        self.stops: dict[int, str] = {}
        self._study = study
        self._clock = clock
        self._enqueue = enqueue
        self._known: set[str] = set()
        attributes = study._storage.get_study_system_attrs(study._study_id)
        for request, document in record.requests_of(attributes).items():
            self._apply(request, document)

    def __contains__(self, request: object) -> bool:
        return request in self._known

    def more_trials(self, request: str, trials: int) -> None:
        """Raise the budget.

        Raises:
            ValueError: `trials` is no number of at least 1, or the budget would grow beyond `MOST_TRIALS`.
        """
        most = MOST_TRIALS - self.budget.trials
        if not isinstance(trials, int) or isinstance(trials, bool) or not 1 <= trials <= most:
            raise ValueError(f"`trials` is a whole number from 1 to {most}, but got {trials!r:.50}")
        self.take(request, kind="extend", trials=trials)

    def take(self, request: str, **document: Any) -> None:
        """Record a request, and apply it."""
        document["at"] = self._clock()
        self._study._storage.set_study_system_attr(
            self._study._study_id, f"{record.REQUEST}{request}", document
        )
        self._apply(request, document)

    def _apply(self, request: str, document: Mapping[str, Any]) -> None:
        self._known.add(request)
        if document["kind"] == "extend":
            self.budget = replace(self.budget, trials=self.budget.trials + document["trials"])
        elif document["kind"] == "enqueue":
            self._enqueue(f"{record.ENQUEUED}{request}", document["point"], document.get("seed"))
        elif document["kind"] == "stop_trial":
            self.stops[document["trial"]] = document["reason"]
