"""From a plan to the Policy that it describes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence

from optuna.study import Study

from search.plan.plan import Plan
from search.runs.memory import PastSearch
from search.tuning.answers import Limits
from search.tuning.entrance import Measure
from search.tuning.parts import samplers, scheduler_of
from search.tuning.policy import Policy
from search.tuning.warm_start import shorter_trainings


def make_policy(
    plan: Plan,
    study: Study,
    *,
    workers: int,
    measure: Measure | None = None,
    past: Sequence[PastSearch] = (),
    clock: Callable[[], float] = time.time,
) -> Policy:
    """Return the Policy that a plan describes.

    Args:
        plan: checked already.
        study: empty, or with a past.
        workers: how many trials may run at once.
        measure: returns a point's attributes, where the plan has constraints or several objectives.
        past: what is remembered of earlier searches; what the run itself learned from trainings of another length
            comes before that.
        clock: seconds since 1970; a simulation gives its own.
    """
    at_best = plan.objective.at == "best"
    return Policy(
        plan.space,
        budget=Limits(plan.budget.trials, plan.budget.epochs),
        study=study,
        metric=plan.objective.metric,
        at_best=at_best,
        sampler=functools.partial(samplers[plan.sampler.name].build, **plan.sampler.settings),
        scheduler=scheduler_of(plan),
        workers=workers,
        seed=plan.seed,
        start=plan.start,
        past=shorter_trainings(study, at_best=at_best) or past,
        measure=measure,
        constraints=plan.constraints,
        goals=plan.goals,
        clock=clock,
    )
