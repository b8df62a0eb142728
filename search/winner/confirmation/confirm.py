"""Confirms a search's winner: trains its best trials again, chooses, looks at the test images once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from search.plan.plan import Plan
from search.plan.sections import SchedulerPlan
from search.runs.images import describe, refuse_other_images
from search.runs.keeper import keep_predictions
from search.runs.layout import RunLayout, write_json, write_text
from search.runs.lease import Lease, holder
from search.runs.publish import written
from search.runs.reader import open_run
from search.runs.run import Run, Trial
from search.runs.snapshot import Listener
from search.training.data import Data, load_test
from search.training.errors import NoTestSplit
from search.tuning import launch
from search.tuning.check_transfer import refuse_weights
from search.tuning.driver import Driver
from search.tuning.study import open_study
from search.tuning.vocabulary import vocabulary
from search.winner.confirmation.document import Confirmation
from search.winner.confirmation.evidence import evidence
from search.winner.confirmation.policy import ConfirmingPolicy, looks_at_test
from search.winner.confirmation.rejects import phases
from search.winner.confirmation.schedule import Schedule

TOP, SEEDS = 5, 5
"""Candidates, and trainings of each on the average before the choice; as many again for the winner after it."""


class CannotConfirm(ValueError):  # noqa: N818 (says what is the case)
    """A run's winner cannot be confirmed; the message says why."""


@dataclass(frozen=True)
class Effort:
    """How much is trained: the best ``top`` trials, ``trainings`` before the choice, ``tests`` of the winner after."""

    top: int = TOP
    trainings: int = TOP * SEEDS
    tests: int = SEEDS


def scheduled(run: Run, effort: Effort) -> tuple[Schedule, dict[int, Trial]]:
    """Return what a confirmation trains, and the candidates by number.

    Raises:
        CannotConfirm: the run has no completed trial, or there are too few trainings for its candidates.
    """
    if run.foreign:
        raise CannotConfirm(
            f"{run.name}: these logs are another program's, whose trials cannot be trained here"
        )
    best = [trial for trial in run.ranking() if trial.status == "completed" and trial.config]
    fitting = [trial for trial in best if not run.plan.space.check(trial.point)][: effort.top]
    if not fitting:
        reason = (
            "none of its completed trials lies within its present space"
            if best
            else f"no trial has completed its {run.plan.budget.epochs} epochs yet, with its trial.json there"
        )
        raise CannotConfirm(f"{run.name}: {reason}")
    try:
        lengths = phases(len(fitting), effort.trainings)
    except ValueError as error:
        raise CannotConfirm(f"{run.name}: {error}: allow more trainings, or fewer candidates") from error
    numbers = tuple(trial.number for trial in fitting)
    schedule = Schedule(
        numbers,
        lengths,
        effort.tests,
        run.plan.budget.epochs,
        run.plan.seed,
        maximize=run.plan.objective.mode == "max",
    )
    return schedule, {trial.number: trial for trial in fitting}


def confirm(
    run: Run, effort: Effort, *, listener: Listener, options: launch.Options
) -> Confirmation | launch.Outcome:
    """Confirm the winner of a run, or go on with that; what was trained before is not trained again.

    Args:
        run: with completed trials.
        effort: how much is trained.
        listener: is told how the trainings stand.
        options: of this call.

    Returns:
        What was found, also written to ``winner/confirmation.json``; how the trainings ended where they were cut off.

    Raises:
        CannotConfirm: there is nothing to confirm.
        DataError: the images cannot be read, or are others than those of the search.
        RunIsHeld: another process confirms this run.
        PlanError: a candidate's pretrained weights are missing, or another architecture's; nothing was trained.
        PlaceError: the running Ray cannot be joined, or holds no trial.
    """
    schedule, candidates = scheduled(run, effort)
    if holder(run.layout):
        options.say(f"{run.name} is still being searched: the best of its trials so far are confirmed.")
    plan = plan_of(run)
    # What is found needs them, also where nothing is trained.
    words = vocabulary(plan.plugins)
    data = launch.load_images(plan, options)
    refuse_other_images(run.layout, data.split_fingerprint, run.plan.data.dir or run.plan.data.name)
    layout, tested = run.layout.confirming, has_test(plan)

    def look() -> Confirmation | None:
        return evidence(run, open_run(layout.root), schedule, data, tested=tested)

    driver_of = partial(
        confirming_driver,
        plan,
        layout,
        schedule,
        candidates,
        tested=tested,
        listener=listener,
        say=options.say,
    )
    layout.root.mkdir(parents=True, exist_ok=True)
    with (
        launch.resumable(run.layout, "confirm"),
        Lease(layout) as lease,
        written(run.layout, say=options.say) as whole,
    ):
        if whole is not None:
            lease.watch(whole.beat)  # where another machine has taken the run, the trainings end
        prepare(layout, plan, schedule, data)
        found = look() if layout.journal.is_file() else None
        if found is not None:
            options.say("All of this was trained before: nothing is trained again.")
        else:
            points = (candidate.point for candidate in candidates.values())
            refuse_weights((plan.trial_config(p, seed=plan.seed, vocabulary=words) for p in points), data)
            outcome = _train(plan, lease, driver_of, options)
            found = look()
            if found is None:
                return outcome
        write_json(run.layout.confirmation, found.to_json())
    return found


def _train(
    plan: Plan, lease: Lease, driver_of: Callable[..., Driver], options: launch.Options
) -> launch.Outcome:
    """Train what is scheduled, and return how that ended."""
    with launch.site_of(plan, options) as site:

        def driver() -> Driver:
            return driver_of(lease, workers=site.workplace.workers())

        def again() -> Driver:
            lease.renew()
            return driver()

        return launch.drive(driver(), site, options, again=again)


def confirming_driver(
    plan: Plan,
    layout: RunLayout,
    schedule: Schedule,
    candidates: Mapping[int, Trial],
    lease: Lease,
    *,
    tested: bool,
    workers: int,
    listener: Listener,
    say: Callable[[str], None] = lambda _: None,
) -> Driver:
    """Return the driver of a confirmation's trainings: they are a run of their own, in the study of its folder.

    Args:
        plan: of the search, as `plan_of` returns it.
        layout: of the trainings.
        schedule: what is trained.
        candidates: trials of the search, by number.
        lease: the right to write ``layout``.
        tested: whether the winner looks at test images.
        workers: trainings at once.
        listener: is told how they stand.
        say: takes what is said of a damaged record.
    """
    policy = ConfirmingPolicy(
        plan,
        open_study(plan, layout, new=False, say=say),
        schedule=schedule,
        points={number: trial.point for number, trial in candidates.items()},
        workers=workers,
    )
    looks = looks_at_test if tested else lambda _: False
    words = vocabulary(plan.plugins)
    return Driver(plan, words, policy, layout, lease, listener=listener, tested=looks)


def has_test(plan: Plan) -> bool:
    """Tell whether a plan's data set has a test split.

    Raises:
        DataError: it has one that cannot be read.
    """
    try:
        load_test(plan.data.config, directory=plan.data.folder)
    except NoTestSplit:
        return False
    return True


def plan_of(run: Run) -> Plan:
    """Return the plan of the trainings of a confirmation: the search's, with a scheduler that stops nobody."""
    alone: dict[str, Any] = {"goals": (), "constraints": (), "start": ()}
    return run.plan.model_copy(update={**alone, "scheduler": SchedulerPlan.model_validate("none")})


def prepare(layout: RunLayout, plan: Plan, schedule: Schedule, data: Data) -> None:
    """Write into the folder of the trainings what is trained; what was trained there before stays, made whole.

    A crash may have come between the record of a training and the place where its predictions are looked for.
    """
    write_json(
        layout.images, describe(data.split_fingerprint, data.classes, data.shape, data.validation.images)
    )
    write_json(layout.schedule, schedule.to_json())
    write_text(layout.plan, plan.to_yaml())
    if layout.journal.is_file():
        for trial in open_run(layout.root).trials:
            keep_predictions(trial.layout, trial.record)
