"""Where a search stands, from its records alone: counts, the best so far, epochs spent and saved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search.runs.ledger import saved
from search.runs.ranking import Scoring, leader
from search.runs.record import ENDED, TrialRecord


@dataclass(frozen=True)
class Progress:
    """A snapshot of a search.

    ``counts`` names every status; ``trials`` are those of the budget, without the rejected ones and without those
    ``aside``, which were trained on the schedule of another horizon: they count for what they cost, and may be the
    best. ``epochs_saved`` is what the stopped trials would have cost more, had nobody been stopped early,
    ``seconds_saved`` an estimate of the seconds behind it. ``seconds_left`` is an estimate, None until an epoch has
    been measured.
    """

    counts: Mapping[str, int]
    trials: int
    budget: int
    epochs: int
    epochs_spent: int
    epochs_saved: int
    seconds_spent: float
    seconds_saved: float
    seconds_left: float | None
    best: TrialRecord | None
    best_score: float | None
    best_epoch: int | None
    failures: Mapping[str, int]
    aside: int = 0

    @property
    def finished(self) -> int:
        """Trials that ended: completed, stopped early or failed."""
        return sum(self.counts.get(status, 0) for status in ENDED)

    @property
    def left(self) -> int:
        """Trials that the budget still allows, those under way included."""
        return max(self.budget - self.finished, 0)

    @property
    def over(self) -> bool:
        """Whether the budget is used up, and all that was begun has ended."""
        return 0 < self.budget <= self.finished == self.trials


def progress(
    records: Sequence[TrialRecord], *, budget: int, epochs: int, workers: int, scoring: Scoring
) -> Progress:
    """Sum a search up.

    Args:
        records: all trials.
        budget: trials that the search may have; those that others enqueued come on top.
        epochs: of a full training.
        workers: trials that run at once.
        scoring: of the objective.
    """
    counts = Counter[str](record.status for record in records if not record.aside)
    records = [record for record in records if record.status != "rejected"]
    present = [record for record in records if not record.aside]
    budget += sum(record.request is not None for record in present)
    best = leader(records, scoring)
    spent = sum(record.step for record in records)
    seconds = sum(record.seconds for record in records)
    spared = [saved(record, epochs) for record in records]
    return Progress(
        counts=counts,
        trials=len(present),
        budget=budget,
        epochs=epochs,
        epochs_spent=spent,
        epochs_saved=sum(missing for missing, _ in spared),
        seconds_spent=seconds,
        seconds_saved=sum(more for _, more in spared),
        seconds_left=_seconds_left(present, spent, seconds, budget=budget, epochs=epochs, workers=workers),
        best=best,
        best_score=scoring.score(best.values) if best else None,
        best_epoch=scoring.epoch(best.values) if best else None,
        failures=Counter(record.reason for record in present if record.status == "failed"),
        aside=len(records) - len(present),
    )


def _seconds_left(
    records: Sequence[TrialRecord], spent: int, seconds: float, *, budget: int, epochs: int, workers: int
) -> float | None:
    """Estimate: trials to come cost what the finished ones cost on average, running ones what they lack."""
    if not spent:
        return None
    ended = [r.step for r in records if r.status in ENDED]
    mean = sum(ended) / len(ended) if ended else float(epochs)
    open_epochs = sum(max(mean - r.step, 1.0) for r in records if r.status in ("running", "waiting"))
    to_come = max(budget - len(records), 0) * mean + open_epochs
    return to_come * seconds / spent / max(workers, 1)
