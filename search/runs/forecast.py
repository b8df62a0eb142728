"""What more time is expected to bring, and whether to stop: from the scores and times of the completed trials.

The recent completed trials stand for those to come: how many complete, and the tail of their scores (see
`search.runs.tail`), is drawn many times. What is forecast is the best *recorded* score, and a part of that is always
the luck of the validation images; so an improvement below one standard error on them is no reason to go on.

Measured on simulated searches of 6 to 200 completed trials, with as much time again to come (200 of each kind): the
90 % interval held the truth in 85 to 100 %, least where the scores have no upper end or the sampler gets better with
every trial, most where they end hard, and there the expectation is up to 10 times too high. Random search with ASHA
on the recorded curves of `benchmarks/data` (300 each of 32, 64 and 128 trials): in 98 to 99 %; accuracies were
expected to rise by 0.0013, 0.0007, 0.0003 and rose by 0.0016, 0.0013, 0.0008; of 711 times that `stop` was advised, 6
were followed by more than one standard error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from search.plan.sections import ObjectivePlan
from search.runs.interval import Z95, wilson
from search.runs.ranking import Scoring
from search.runs.record import TrialRecord
from search.runs.tail import DRAWS, FEWEST, Array, Tail

ENOUGH = FEWEST + 1
"""With fewer completed trials there is no forecast."""

RECENT = 20
"""The later half of the completed trials is looked at, but so many where there are so many: a sampler learns, so its
first trials say less of the next ones."""

INTERVAL = (0.05, 0.95)

HOUR = 3600.0

EARLY: tuple[str, ...] = ("stopped", "failed")

UNKNOWN = 0.01
"""Where the validation images are not counted, so much of a score is taken for what they can resolve."""


@dataclass(frozen=True)
class Prospect:
    """What some more time, or some more trials, would bring.

    In ``seconds`` of search about ``completions`` trials complete; the best score improves by ``expected``, and with
    90 % probability by ``low`` to ``high`` (at least 0, also where a lower score is better); ``chance`` (0-1) is that
    of any improvement.
    """

    seconds: float
    completions: float
    expected: float
    low: float
    high: float
    chance: float


@dataclass(frozen=True)
class Forecast:
    """What to expect of a search.

    ``hour`` is the next hour, or less where the search has run for less: as much time again is as far as one can
    see. ``rest`` is what is left of the budget. Both are None where it is too early, ``rest`` also where nothing is
    left. ``resolvable`` is the least difference that the validation split shows: one standard error of the best
    score on so many ``images`` (None: not known). ``completed`` trials are behind it.
    """

    completed: int
    hour: Prospect | None = None
    rest: Prospect | None = None
    resolvable: float | None = None
    images: int | None = None

    @property
    def ahead(self) -> Prospect | None:
        """What there is to decide on: the rest of the budget where that is shorter, else the next hour."""
        if self.rest is not None and self.hour is not None and self.rest.seconds < self.hour.seconds:
            return self.rest
        return self.hour

    @property
    def advice(self) -> Literal["too early", "go on", "stop"]:
        """``stop`` where even the upper end of what lies ahead is less than the validation split can show."""
        if self.ahead is None or self.resolvable is None:
            return "too early"
        return "stop" if self.ahead.high < self.resolvable else "go on"


def forecast(
    records: Sequence[TrialRecord],
    *,
    epochs: int,
    objective: ObjectivePlan,
    left: int = 0,
    images: int | None = None,
) -> Forecast:
    """Forecast from the records; the same records give the same draws.

    Args:
        records: all trials; those that another program wrote have no times and count for the best score only.
        epochs: of a full training; only scores at that horizon are comparable.
        objective: of the plan.
        left: trials that the budget still allows, those under way included.
        images: of the validation split, where known.
    """
    scoring = Scoring.of(objective)
    past = _Past.of(records, epochs, scoring)
    if len(past.recent) < ENOUGH or past.seconds <= 0:
        return Forecast(past.completed, images=images)
    draws = _Draws(past, 1.0 if scoring.maximize else 0.0)
    seconds = min(HOUR, searched(records))
    return Forecast(
        completed=past.completed,
        hour=draws.after(seconds),
        rest=draws.among(left) if left > 0 else None,
        resolvable=resolvable(abs(past.best), scoring=scoring, images=images),
        images=images,
    )


def resolvable(best: float, *, scoring: Scoring, images: int | None) -> float:
    """Return the least difference that a validation split shows: one standard error of the best score.

    Whatever is maximised here is an accuracy or an average of shares that has about its error: Wilson's, which is
    above 0 also at an accuracy of 1. A mean loss has at least 1/√images of itself: losses scatter by their mean or
    more.

    Args:
        best: the score.
        scoring: of the objective.
        images: of the validation split, at least 1; None where not known, for 1 % of the score.
    """
    if images is None:
        return UNKNOWN * abs(best)
    if not scoring.maximize:
        return abs(best) / math.sqrt(images)
    low, high = wilson(min(max(best, 0.0), 1.0), images)
    return (high - low) / (2 * Z95)


def searched(records: Sequence[TrialRecord], *, since: float = -math.inf) -> float:
    """Return the seconds in which at least one trial ran; nights between two calls of `search.resume` are left out.

    Args:
        records: all trials; a stint that has not ended lasts until the latest time that any record names.
        since: seconds since 1970 from which to count.
    """
    stints = [stint for record in records for stint in record.stints]
    now = max((stint.end or stint.start for stint in stints), default=0.0)
    spans = sorted((max(s.start, since), now if s.end is None else s.end) for s in stints)
    seconds, reached = 0.0, -math.inf
    for start, end in spans:
        seconds += max(end - max(start, reached), 0.0)
        reached = max(reached, end)
    return seconds


@dataclass(frozen=True)
class _Past:
    """What stands for the trials to come; larger scores are better.

    ``recent`` scores of the last completed trials, which took ``seconds`` of search, while ``others`` ended early.
    """

    completed: int
    best: float
    recent: Array
    seconds: float
    others: int

    @classmethod
    def of(cls, records: Sequence[TrialRecord], epochs: int, scoring: Scoring) -> _Past:
        sign = 1.0 if scoring.maximize else -1.0
        scores = {r.number: sign * s for r in records if (s := _final(r, epochs, scoring)) is not None}
        timed = sorted((r for r in records if r.number in scores and r.stints), key=_ended)
        recent = timed[-max(len(timed) // 2, RECENT) :]
        since = _ended(timed[-len(recent) - 1]) if len(timed) > len(recent) else -math.inf
        return cls(
            completed=len(timed),
            best=max(scores.values(), default=-math.inf),
            recent=np.array([scores[r.number] for r in recent]),
            seconds=searched(records, since=since),
            others=sum(r.status in EARLY and bool(r.stints) and _ended(r) > since for r in records),
        )


class _Draws:
    """The draws behind one forecast; no score is above ``limit``."""

    def __init__(self, past: _Past, limit: float) -> None:
        self._past, self._limit = past, limit
        self._rng = np.random.default_rng(past.completed)
        self._tail = Tail.of(past.recent, self._rng)

    def after(self, seconds: float) -> Prospect:
        """Return what so much more time would bring: completed trials arrive as they lately did, at random."""
        rates = self._rng.gamma(len(self._past.recent), 1 / self._past.seconds, DRAWS)
        return self._prospect(seconds, self._rng.poisson(rates * seconds).astype(np.float64))

    def among(self, trials: int) -> Prospect:
        """Return what so many more trials would bring: a share of them completes, as lately."""
        share = self._rng.beta(len(self._past.recent) + 1, self._past.others + 1, DRAWS)
        counts = self._rng.binomial(trials, share).astype(np.float64)
        each = self._past.seconds / len(self._past.recent)
        return self._prospect(float(counts.mean()) * each, counts)

    def _prospect(self, seconds: float, counts: Array) -> Prospect:
        reached = np.minimum(self._tail.best_of(counts, self._rng), self._limit)
        gains = np.maximum(reached - self._past.best, 0.0)
        low, high = np.quantile(gains, INTERVAL)
        return Prospect(
            seconds=seconds,
            completions=float(counts.mean()),
            expected=float(gains.mean()),
            low=float(low),
            high=float(high),
            chance=float((gains > 0).mean()),
        )


def _final(record: TrialRecord, epochs: int, scoring: Scoring) -> float | None:
    """Return the score of a full training, also of one that has run out of patience; None for anything else."""
    return scoring.score(record.values) if record.status == "completed" and record.reach >= epochs else None


def _ended(record: TrialRecord) -> float:
    last = record.stints[-1]
    return last.start if last.end is None else last.end
