"""What is tried next: the space's start configurations, what others asked for, then the sampler's ideas.

Never the same configuration twice while another exists. The sampler is made anew for each proposal, seeded by
the run's seed and the trial's number, so that a search rebuilt from its study goes on as it would have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from optuna.samplers import BaseSampler
from optuna.study import Study

from search.plan.domain import Domain, Float
from search.plan.space import Space
from search.plan.trial_config import Value
from search.runs.memory import PastSearch
from search.tuning.draft import Draft, Lessons
from search.tuning.samplers.past import first_points

MOST_PAST = 8
"""Points of earlier searches that are tried first."""

TRIES = 8
"""Draws of the sampler before a point that is new by chance will do."""

MakeSampler = Callable[[int], BaseSampler]
"""Makes a sampler from a seed."""


@dataclass(frozen=True)
class Proposal:
    """A complete point of the space and where it came from: `sampler`, `start:0`, `past:0`, `request:…`.

    ``notes`` are system attributes that its sampler wants to find in the trial. ``seed`` is that of its training; None:
    the run's.
    """

    point: dict[str, Value]
    origin: str
    notes: Mapping[str, Any] = field(default_factory=dict)
    seed: int | None = None


def identity(point: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """Return what makes two points the same."""
    return tuple(sorted((name, repr(value)) for name, value in point.items()))


def _most_first(past: Sequence[PastSearch]) -> int:
    """Return how many points of earlier searches are tried first: one of each, where they are many.

    On LCBench (19 earlier searches, 20 tasks × 2 seeds) the regret × 100 after 10 trainings was 10.3 with 16 first
    points and 13.1 with 8; 33.9 without a past.
    """
    return max(MOST_PAST, min(len(past), 2 * MOST_PAST))


def fitting(point: Mapping[str, Value], space: Space) -> dict[str, Value]:
    """Return what of a point of another space has a place in this one."""
    return {
        name: value for name, value in point.items() if name in space and space[name].domain.contains(value)
    }


class Proposals:
    """Proposes points of a space.

    Args:
        space: any space.
        start: points, complete or not, that are tried first; the sampler fills what they leave open.
        past: earlier searches, whose best points come next, as far as they fit this space.
        sampler: makes a sampler from a seed.
        seed: of the run.
    """

    def __init__(
        self,
        space: Space,
        *,
        start: Sequence[Mapping[str, Value]],
        past: Sequence[PastSearch],
        sampler: MakeSampler,
        seed: int,
    ) -> None:
        self._space = space
        self._first = {f"start:{index}": point for index, point in enumerate(start)}
        self._first |= {
            f"past:{index}": fitting(point, space)
            for index, point in enumerate(first_points(past, _most_first(past)))
        }
        self._make_sampler = sampler
        self._seed = seed
        self._size = space.size()
        self._seen: set[tuple[tuple[str, str], ...]] = set()
        self._origins: set[str] = set()
        self._lessons = Lessons()
        self._asked: dict[str, tuple[Mapping[str, Value], int | None]] = {}

    def add_seen(self, point: Mapping[str, Value], origin: str) -> None:
        """Take note of a point that is a trial already."""
        self._tried(origin)
        if not self._space.check(point):
            self._seen.add(identity(point))

    def add_elsewhere(self, origin: str) -> None:
        """Take note of a trial on the schedule of another horizon: its point may be tried again, and the best will.

        The start configurations are not, unless they are among the best: they have had their chance.
        """
        if not origin.startswith("past:"):
            self._tried(origin)

    def enqueue(self, origin: str, point: Mapping[str, Value], seed: int | None = None) -> None:
        """Take a point that somebody asked for; it comes before the sampler's ideas."""
        if origin not in self._origins:
            self._asked[origin] = point, seed

    @property
    def asked(self) -> bool:
        """Whether a point that somebody asked for is still to be tried."""
        return bool(self._asked)

    def exhausted(self) -> bool:
        """Tell whether every configuration of a finite space has been tried."""
        return len(self._seen) >= self._size

    def next(self, study: Study, number: int) -> Proposal | None:
        """Return the next point, one that somebody asked for before all others; None where there is none left.

        Args:
            study: the study with all trials so far; it is only read.
            number: the number that the trial will have.
        """
        if self._asked:
            origin, (point, seed) = next(iter(self._asked.items()))
            return replace(self._draw(study, number, 0, point, origin), seed=seed)
        for origin, point in self._first.items():
            if origin not in self._origins:
                drawn = self._draw(study, number, 0, point, origin)
                if identity(drawn.point) not in self._seen:
                    return drawn
                self._origins.add(origin)
        return self._new(study, number)

    def _tried(self, origin: str) -> None:
        self._origins.add(origin)
        self._asked.pop(origin, None)

    def _new(self, study: Study, number: int) -> Proposal | None:
        if self.exhausted():
            return None
        for attempt in range(TRIES):
            drawn = self._draw(study, number, attempt, {}, "sampler")
            if identity(drawn.point) not in self._seen:
                return drawn
        return self._any_new(number)

    def _any_new(self, number: int) -> Proposal | None:
        """Find a point that was not tried: by chance, then, in a finite space, by going through all."""
        rng = np.random.default_rng([self._seed, number])
        for _ in range(100):
            point = self._space.sample(rng)
            if identity(point) not in self._seen:
                return Proposal(point, "sampler")
        if math.isinf(self._size):
            return None
        left = (point for point in self._space.enumerate() if identity(point) not in self._seen)
        return next((Proposal(point, "sampler") for point in left), None)

    def _draw(
        self, study: Study, number: int, attempt: int, given: Mapping[str, Value], origin: str
    ) -> Proposal:
        """Walk the space: what is given stands, the sampler chooses the rest."""
        seed = int(np.random.SeedSequence([self._seed, number, attempt]).generate_state(1)[0] % 2**31)
        draft = Draft(study, number, self._make_sampler(seed), self._lessons)
        rng = np.random.default_rng(seed)

        def choose(name: str, domain: Domain) -> Value:
            value: Any = given[name] if name in given else draft.value(name, domain)
            if isinstance(domain, Float):
                value = domain.nearest(value)
            # A trial of an earlier, wider range may lead the model outside this space.
            return value if domain.contains(value) else domain.sample(rng)

        point = self._space.walk(choose)
        return Proposal(point, origin, {} if given else draft.notes)
