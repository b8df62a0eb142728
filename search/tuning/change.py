"""What a resumed search is asked to do differently, and what that means for the trials that it has.

The sampler, the start configurations and the machine's settings may change at any time. Another space, scheduler or
horizon makes another study, into which the old trials are copied. What trials are compared by never changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from search.plan.checks import check_plan
from search.plan.mistake import Mistake, PlanError, shown
from search.plan.plan import Plan, find_space, load_plan, plan_plugins
from search.plan.writer import write_flow
from search.runs.layout import RunLayout
from search.tuning.vocabulary import vocabulary

OF_THE_SPACE = ("space", "start", "plugins")
"""The sections that `--space FILE` brings; all others stay the run's own."""

BY_OPTION = {"trials": "--trials +N", "seconds": "--time-budget"}
"""What of a budget is not changed by `--set`, and by what instead."""


@dataclass(frozen=True)
class Change:
    """What the command line asks for.

    ``space`` is a YAML file, or the name of one that ships, ``assignments`` are `key=value` as of ``--set``.
    """

    space: str | None = None
    assignments: Sequence[str] = ()

    def __bool__(self) -> bool:
        return self.space is not None or bool(self.assignments)


def changed(layout: RunLayout, text: str | None, change: Change) -> tuple[Plan, Plan]:
    """Return the plan of a run, and the plan with a change.

    Args:
        layout: of the run.
        text: its plan where that is not its plan.yaml any more.
        change: what is asked for.

    Raises:
        PlanError: the plan or the change has mistakes, or something would change that must not.
    """
    before = load_plan(layout.plan, text=text, vocabulary=vocabulary(plan_plugins(layout.plan, text=text)))
    if not change:
        return before, before
    in_space = [a for a in change.assignments if change.space and _section(a) in OF_THE_SPACE]
    others = [a for a in change.assignments if a not in in_space]
    keeps_start = not any(_section(a) == "start" for a in others)
    if keeps_start:
        others.append("start=[]")  # the old points may not fit the new space: those that do come back below
    plugins = plan_plugins(layout.plan, overrides=others, text=text)
    after = load_plan(layout.plan, overrides=others, text=text, vocabulary=vocabulary(plugins))
    if keeps_start:
        fitting = [point for point in before.start if not after.space.check(point, partial=True)]
        after = after.model_copy(update={"start": tuple(fitting)})
    mistakes = [] if change.space is None else _of_another_kind(before, change.space)
    if change.space is not None:
        after = _with_space(after, change.space, in_space)
    mistakes += _refused(before, after, layout)
    if mistakes:
        raise PlanError(mistakes)
    return before, after


def needs_study(before: Plan, after: Plan) -> bool:
    """Tell whether trials of the two plans stand side by side only in another study."""
    return (before.space, before.budget.epochs, before.scheduler) != (
        after.space,
        after.budget.epochs,
        after.scheduler,
    )


def _section(assignment: str) -> str:
    return assignment.partition("=")[0].strip().partition(".")[0]


def _with_space(plan: Plan, name: str, assignments: Sequence[str]) -> Plan:
    found = _load(name, assignments)
    plugins = tuple(dict.fromkeys([*plan.plugins, *found.plugins]))
    plan = plan.model_copy(update={"space": found.space, "start": found.start, "plugins": plugins})
    mistakes = check_plan(plan, vocabulary(plugins))
    if mistakes:
        raise PlanError(mistakes)
    return plan


def _load(name: str, assignments: Sequence[str] = ()) -> Plan:
    path = find_space(name)
    words = vocabulary(plan_plugins(path, overrides=assignments))
    return load_plan(path, overrides=assignments, vocabulary=words)


def _of_another_kind(plan: Plan, name: str) -> list[Mistake]:
    """Return what shows that a file is not about this run's problem at all."""
    found = _load(name)
    pairs = {
        "data.name": (found.data.name, plan.data.name),
        "objective.metric": (found.objective.metric, plan.objective.metric),
    }
    return [
        Mistake(
            file=f"--space {name}", key=key, found=shown(theirs), expected=f"{shown(ours)}, as in the run"
        )
        for key, (theirs, ours) in pairs.items()
        if theirs != ours
    ]


def _refused(before: Plan, after: Plan, layout: RunLayout) -> list[Mistake]:
    """Return what must not change."""
    here = _lasting(before)
    refused = [
        Mistake(
            file=f"--set {key}",
            key=key,
            found=write_flow(there),
            expected=f"{write_flow(here[key])}, since the trials of a run are compared by it",
            hint=f"begin a new search with --warm-start {layout.root}",
        )
        for key, there in _lasting(after).items()
        if there != here[key]
    ]
    return refused + [
        Mistake(file="--set budget", key="budget", found=f"other {name}", expected=option)
        for name, option in BY_OPTION.items()
        if getattr(before.budget, name) != getattr(after.budget, name)
    ]


def _lasting(plan: Plan) -> dict[str, object]:
    """Return what must not change, by its path in a file; where the images lie, and the way to them, may."""
    return {
        **{f"data.{key}": value for key, value in plan.data.model_dump(exclude={"dir", "access"}).items()},
        **{f"objective.{key}": value for key, value in plan.objective.model_dump().items()},
        "objectives": [str(goal) for goal in plan.goals],
        "constraints": [str(constraint) for constraint in plan.constraints],
        "seed": plan.seed,
    }
