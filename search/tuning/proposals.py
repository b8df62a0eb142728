"""What is tried next: the space's start configurations, what others asked for, then the sampler's ideas.

Never the same configuration twice while another exists. The sampler is made anew for each proposal, seeded by
the run's seed and the trial's number, so that a search rebuilt from its study goes on as it would have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.plan.domain import Domain, Float
from search.plan.space import Space
from search.plan.trial_config import Value
from search.tuning.distributions import distribution

TRIES = 8
"""Draws of the sampler before a point that is new by chance will do."""

MakeSampler = Callable[[int], BaseSampler]
"""Makes a sampler from a seed."""


@dataclass(frozen=True)
class Proposal:
    """A complete point of the space and where it came from: `sampler`, `start:0`, `request:…`."""

    point: dict[str, Value]
    origin: str


def identity(point: Mapping[str, Value]) -> tuple[tuple[str, str], ...]:
    """Return what makes two points the same."""
    return tuple(sorted((name, repr(value)) for name, value in point.items()))


class Proposals:
    """Proposes points of a space.

    Args:
        space: any space.
        start: points, complete or not, that are tried first; the sampler fills what they leave open.
        sampler: makes a sampler from a seed.
        seed: of the run.
    """

    def __init__(
        self, space: Space, *, start: Sequence[Mapping[str, Value]], sampler: MakeSampler, seed: int
    ) -> None:
        self._space = space
        self._start = tuple(start)
        self._make_sampler = sampler
        self._seed = seed
        self._size = space.size()
        self._seen: set[tuple[tuple[str, str], ...]] = set()
        self._origins: set[str] = set()
        self._asked: dict[str, Mapping[str, Value]] = {}

    def add_seen(self, point: Mapping[str, Value], origin: str) -> None:
        """Take note of a point that is a trial already."""
        self._origins.add(origin)
        if not self._space.check(point):
            self._seen.add(identity(point))

    def enqueue(self, origin: str, point: Mapping[str, Value]) -> None:
        """Take a point that somebody asked for; it comes before the sampler's ideas."""
        if origin not in self._origins:
            self._asked[origin] = point

    def exhausted(self) -> bool:
        """Tell whether every configuration of a finite space has been tried."""
        return len(self._seen) >= self._size

    def next(self, study: Study, number: int, *, asked_only: bool = False) -> Proposal | None:
        """Return the next point, or None where there is none left.

        Args:
            study: the study with all trials so far; it is only read.
            number: the number that the trial will have.
            asked_only: propose nothing but what others asked for.
        """
        for origin, point in self._asked.items():
            if origin not in self._origins:
                return Proposal(self._draw(study, number, 0, point), origin)
        if asked_only:
            return None
        for index, point in enumerate(self._start):
            if f"start:{index}" not in self._origins:
                drawn = self._draw(study, number, 0, point)
                if identity(drawn) not in self._seen:
                    return Proposal(drawn, f"start:{index}")
                self._origins.add(f"start:{index}")
        return self._new(study, number)

    def _new(self, study: Study, number: int) -> Proposal | None:
        if self.exhausted():
            return None
        for attempt in range(TRIES):
            point = self._draw(study, number, attempt, {})
            if identity(point) not in self._seen:
                return Proposal(point, "sampler")
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

    def _draw(self, study: Study, number: int, attempt: int, given: Mapping[str, Value]) -> dict[str, Value]:
        """Walk the space: what is given stands, the sampler chooses the rest."""
        seed = int(np.random.SeedSequence([self._seed, number, attempt]).generate_state(1)[0] % 2**31)
        draw = _Draw(study, number, self._make_sampler(seed), seed)

        def choose(name: str, domain: Domain) -> Value:
            return given[name] if name in given else draw.choose(name, domain)

        return self._space.walk(choose)


class _Draw:
    """One configuration as a sampler draws it, without a trial in the study yet."""

    def __init__(self, study: Study, number: int, sampler: BaseSampler, seed: int) -> None:
        self._study = study
        self._sampler = sampler
        self._random = RandomSampler(seed=seed)
        self._trial: FrozenTrial = create_trial(state=TrialState.RUNNING)
        self._trial.number = number
        self._space = sampler.infer_relative_search_space(study, self._trial)
        self._joint = sampler.sample_relative(study, self._trial, self._space)

    def choose(self, name: str, domain: Domain) -> Value:
        wanted = distribution(domain)
        value: Any
        if name in self._joint:
            value = self._joint[name]
            # A trial of an earlier, wider range may lead the model outside this space.
            if not domain.contains(value):
                value = self._random.sample_independent(self._study, self._trial, name, wanted)
        else:
            value = self._sampler.sample_independent(self._study, self._trial, name, wanted)
        return domain.nearest(value) if isinstance(domain, Float) else value
