"""Samplers: what is tried next. One file each; a sampler is an Optuna `BaseSampler`, made anew for each ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from optuna.samplers import BaseSampler

from search.plan.objectives import Goal
from search.plan.registry import Registry
from search.plan.space import Space
from search.runs.memory import PastSearch
from search.runs.ranking import Scoring
from search.tuning.samplers.cube import Cube
from search.tuning.samplers.observations import Reader
from search.tuning.samplers.past import FEWEST, Past


@dataclass(frozen=True)
class Task:
    """What all samplers of one search may know.

    Args:
        space: of the points.
        levels: increasing epochs at which trials are comparable: the rungs, and the horizon last.
        scoring: of the objective.
        goals: objectives beside the curve.
        searches: earlier ones, from which a sampler may learn.
        seed: of the run.
    """

    space: Space
    levels: Sequence[int]
    scoring: Scoring = field(default_factory=Scoring)
    goals: Sequence[Goal] = ()
    searches: Sequence[PastSearch] = ()
    seed: int = 0

    @cached_property
    def reader(self) -> Reader:
        """Reads the trials of the search's study; each is decoded once for all asks."""
        return Reader(Cube(self.space), self.levels, self.scoring, self.goals)

    @cached_property
    def past(self) -> Past | None:
        """What the earlier searches say of this space; None where none of them has trials enough for a model."""
        known = [search for search in self.searches if len(search.trials) >= FEWEST]
        return Past(self.reader.cube, known) if known and self.reader.cube.columns else None


Build = Callable[..., BaseSampler]
samplers: Registry[Build] = Registry("sampler")
"""Every sampler by name. A part is built as ``build(seed, task, **settings)``.

``seed`` differs for every ask and is the same again after a crash; with it and the study a sampler decides
the same. What it wants to keep for the next ask it writes into the trial's system attributes.
"""
