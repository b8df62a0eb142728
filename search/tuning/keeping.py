"""What a search keeps of its trials beside the record: files that follow from it, and the weights that are needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from search.plan.plan import Plan
from search.plan.vocabulary import Vocabulary
from search.runs.keeper import keep_trial, kept_status, prune_checkpoints
from search.runs.layout import RunLayout
from search.runs.partials import Partials
from search.runs.ranking import Scoring
from search.runs.record import ENDED, TrialRecord
from search.runs.weights import Weights
from search.tuning.policy import Policy

SETTLE = 0.1
"""Seconds from the end of a stint until its files are kept: the worker gets its next trial first, and it waits
for the driver."""


class Keeping:
    """The files of one search while it runs; ``metrics`` are those of each living trial's last epoch.

    Args:
        plan: what is done.
        vocabulary: completes a point with the recipe's defaults.
        policy: has the record.
        layout: where the run is kept.
        clock: monotonic, in seconds.
    """

    def __init__(
        self,
        plan: Plan,
        vocabulary: Vocabulary,
        policy: Policy,
        layout: RunLayout,
        *,
        clock: Callable[[], float],
    ) -> None:
        self.metrics: dict[int, Mapping[str, float]] = {}
        self._plan, self._vocabulary, self._policy, self._layout = plan, vocabulary, policy, layout
        self._scoring = Scoring.of(plan.objective)
        self._clock = clock
        self._moved: dict[int, float] = {}
        self._partials = Partials(layout)
        limit = plan.budget.checkpoints_gb
        self._weights = Weights(layout, None if limit is None else int(limit * 1e9))

    def moved(self, number: int) -> None:
        """A stint of a trial was given out, or is over: what its folder keeps of it follows."""
        self._moved[number] = self._clock()

    def reported(self, number: int, metrics: Mapping[str, float]) -> None:
        """An epoch of a trial is recorded."""
        self.metrics[number] = metrics
        self._partials.finished(number)
        self._bound_weights([number])

    def cut(self, number: int, checkpoint: str) -> None:
        """A trial was cut in the middle of an epoch; its checkpoint of that is relative to the run's folder."""
        self._partials.add(number, checkpoint)
        self._bound_weights([number])

    def partial(self, known: TrialRecord) -> str | None:
        """Return the checkpoint from which a trial goes on in the middle of an epoch; None: there is none."""
        return self._partials.of(known)

    def keep(self, *, settled: bool = True) -> None:
        """Write what is due.

        Args:
            settled: only of trials that moved some time ago; False: of all.
        """
        before = self._clock() - SETTLE if settled else math.inf
        for number in self._policy.just_ended():
            self._moved.setdefault(number, -math.inf)  # it paused at a rung, and no worker has left it
        due = [number for number, at in self._moved.items() if at < before]
        for number in due:
            del self._moved[number]
            self._keep(number)
        records = self._policy.records
        ended = [number for number in due if records[number].status in ENDED]
        displaced = prune_checkpoints(self._layout, records, ended, self._scoring) if ended else ()
        self._bound_weights([*due, *displaced])

    def repair(self) -> None:
        """Write again what a crash may have kept from being written, from the record."""
        records = self._policy.records
        ended = [record.number for record in records if record.status in ENDED]
        for number in ended:
            if kept_status(self._layout, number) != records[number].status:
                self._keep(number)
        prune_checkpoints(self._layout, records, ended, self._scoring)
        self._bound_weights(range(len(records)))

    def why_full(self) -> str:
        """Return why there is no room for the weights of a new trial, in words; empty: there is."""
        if not self._weights.limited:
            return ""
        records = self._policy.records
        running = [known.number for known in records if known.status == "running"]
        return self._weights.why_full(records, running, self._scoring)

    def _keep(self, number: int) -> None:
        record = self._policy.record(number)
        config = self._plan.trial_config(record.point, seed=record.seed, vocabulary=self._vocabulary)
        config = replace(config, epochs=record.horizon(config.epochs))
        keep_trial(self._layout, record, config, self.metrics.get(number))
        if record.status in ENDED:
            self.metrics.pop(number, None)

    def _bound_weights(self, numbers: Iterable[int]) -> None:
        """Count the weights of trials that may have others now, and delete what is too much."""
        if self._weights.limited:
            self._weights.count(numbers)
            self._weights.keep_within(self._policy.records, self._scoring)
