"""Begins a search, or goes on with one: folder, lease, study, workers, and the way out."""

from __future__ import annotations

import contextlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import optuna
from optuna.study import Study
from sqlalchemy.exc import SQLAlchemyError

from search.plan.command import command
from search.plan.place import Place
from search.plan.plan import Plan
from search.plan.vocabulary import Vocabulary
from search.runs.errors import PlaceError, StudyError
from search.runs.images import describe, image_entry, refuse_other_images
from search.runs.layout import RunLayout, write_json, write_text
from search.runs.lease import Lease
from search.runs.lineage import plan_text
from search.runs.local_copy import bring, published_at
from search.runs.memory import read_memory, write_memory
from search.runs.publish import published
from search.runs.reader import open_run, plan_as_run
from search.runs.record import read
from search.runs.snapshot import Listener, Snapshot
from search.runs.storage import SharedStorage
from search.runs.storage_url import without_password
from search.training.data import Data, load_data
from search.training.data.cache import entry_folder
from search.tuning.bridge import execute
from search.tuning.change import Change, changed
from search.tuning.check_transfer import refuse_transfer
from search.tuning.courier import courier
from search.tuning.driver import Driver
from search.tuning.from_plan import make_policy
from search.tuning.interrupts import Interrupts
from search.tuning.new_run import RunExists, new_run
from search.tuning.parts import scheduler_of
from search.tuning.patience import STORAGE, Patience
from search.tuning.policy import Policy
from search.tuning.screening import screening
from search.tuning.sites import Site, running_ray_as_site, this_machine_as_site
from search.tuning.study import open_study
from search.tuning.succession import go_on
from search.tuning.vocabulary import vocabulary
from search.tuning.warm_start import recall

__all__ = ["Options", "Outcome", "RunExists", "drive", "resume", "start"]

UNCHANGED = Change()


@dataclass(frozen=True)
class Outcome:
    """How a search ended: where it is, why it ended, where it stands, whether a signal cut it short,
    whether it was given up since too many trials failed.
    """

    root: Path
    reason: str
    snapshot: Snapshot
    interrupted: bool = False
    failed: bool = False


@dataclass(frozen=True)
class Options:
    """What a call may set beside the plan.

    ``concurrency`` is the most trials at once, ``gpus_per_trial`` a share or a number of GPUs, ``storage`` an
    Optuna storage URL instead of the run's own journal, ``warm_start`` names runs and bundles to begin from,
    ``address`` is that of a running Ray (None: one is started on this machine for this call), and ``say`` takes a line
    for the user.
    """

    concurrency: int | None = None
    gpus_per_trial: float | None = None
    storage: str | None = None
    warm_start: Sequence[Path] = ()
    address: str | None = None
    say: Callable[[str], None] = print


def start(plan: Plan, *, folder: Place, name: str | None, listener: Listener, options: Options) -> Outcome:
    """Run a new search to its end.

    Args:
        plan: checked already.
        folder: of all runs; made when missing. Or `s3://bucket/prefix`: the run lies on this machine, see
            `local_root`, and is published there.
        name: of the run; None: the plan's, with a number behind it where that is taken.
        listener: is told how it stands.
        options: of this call.

    Raises:
        RunExists: there is a run of that name.
        DataError: the images cannot be read; nothing was left on disk.
        PlanError: pretrained weights are missing, or another architecture's; nothing was left on disk.
        SettingsError: the scheduler's settings do not fit the horizon; nothing was left on disk.
        StudyError: the study cannot be opened; nothing was left on disk.
        PlaceError: the running Ray cannot be joined, or holds no trial; nothing was left on disk.
    """
    scheduler_of(plan)
    past = recall(options.warm_start)
    data = load_images(plan, options)
    words = vocabulary(plan.plugins)
    refuse_transfer(plan, words, data)
    layout, address = new_run(folder, name, plan.name)
    write_text(layout.plan, plan.to_yaml())
    if past:
        write_memory(layout.memory, past)
    if options.storage:
        kept = SharedStorage(without_password(options.storage), layout.root.name, uuid.uuid4().hex)
        write_json(layout.storage, vars(kept))
    try:
        return _run(
            plan,
            layout,
            data,
            words=words,
            address=address,
            listener=listener,
            options=options,
            seconds=plan.budget.seconds,
        )
    except (PlaceError, StudyError):
        shutil.rmtree(layout.root)  # nothing has begun
        raise


def resume(
    root: Place,
    *,
    more_trials: int = 0,
    change: Change = UNCHANGED,
    seconds: float | None,
    listener: Listener,
    options: Options,
) -> Outcome:
    """Go on with a run after any interruption, or after its end with more trials, epochs or another space.

    Args:
        root: the run's folder, or `s3://bucket/prefix/run`.
        more_trials: added to its budget.
        change: of its plan.
        seconds: time budget of this call.
        listener: is told how it stands.
        options: of this call.

    Raises:
        FileNotFoundError: there is no run.
        RunIsHeld: another process drives it.
        DataError: the images cannot be read, or are others than before; the run is as it was.
        PlanError: the change has mistakes, or is of what must not change, or pretrained weights are missing; the run
            is as it was.
        SettingsError: the scheduler's settings do not fit the new horizon; the run is as it was.
        StudyError: its study cannot be opened.
        PlaceError: the running Ray cannot be joined, or holds no trial.
    """
    address = root if isinstance(root, str) else published_at(root.resolve())
    layout = RunLayout(bring(address, say=options.say) if address else Path(root).resolve())
    before, plan = changed(layout, plan_as_run(layout, options.storage), change)
    scheduler_of(plan)
    data = load_images(plan, options)
    refuse_other_images(layout, data.split_fingerprint, plan.data.dir or plan.data.name)
    words = vocabulary(plan.plugins)
    if more_trials or plan != before or not open_run(layout.root, storage=options.storage).over:
        refuse_transfer(plan, words, data)
    return _run(
        plan,
        layout,
        data,
        words=words,
        address=address,
        before=before,
        listener=listener,
        options=options,
        more_trials=more_trials,
        seconds=seconds,
    )


def _run(
    plan: Plan,
    layout: RunLayout,
    data: Data,
    *,
    words: Vocabulary,
    address: str | None,
    listener: Listener,
    options: Options,
    seconds: float | None,
    before: Plan | None = None,
    more_trials: int = 0,
) -> Outcome:
    """Drive a search to its end; ``before`` is its plan until now, None for a new one."""
    with (
        resumable(layout, "resume"),
        Lease(layout) as lease,
        site_of(plan, options) as site,
    ):
        _describe_images(layout, data)  # a resumed one may be on another machine, or its cache was made anew
        study = open_study(plan, layout, new=before is None, storage=options.storage, say=options.say)
        if before is not None and before != plan:
            study, plan, more_trials = _change(
                study, before, plan, words=words, more_trials=more_trials, options=options
            )
        _derive_plan(study, layout)

        def driver_of(study: Study) -> Driver:
            known = map(read, study.get_trials(deepcopy=False))
            policy = make_policy(
                plan,
                study,
                workers=site.workplace.workers(),
                measure=screening(plan, words, data, past=known),
                past=read_memory(layout.memory),
            )
            return Driver(plan, words, policy, layout, lease, listener=listener, seconds=seconds)

        def again() -> Driver:
            lease.renew()
            return driver_of(open_study(plan, layout, new=False, storage=options.storage, say=options.say))

        driver = driver_of(study)
        if more_trials:
            driver.policy.extend(f"resume-{uuid.uuid4().hex[:12]}", more_trials)
        with published(layout, address, lease, say=options.say):
            return drive(driver, site, options, again=again)


@contextlib.contextmanager
def site_of(plan: Plan, options: Options) -> Iterator[Site]:
    """Look where a search runs, on this machine or on the Ray at an address, and say what trials get there.

    Raises:
        PlaceError: the Ray cannot be joined, or none of its nodes can hold a trial.
    """
    limits: dict[str, Any] = {
        "concurrency": options.concurrency,
        "gpus_per_trial": options.gpus_per_trial,
        "say": options.say,
    }
    if options.address is None:
        yield this_machine_as_site(plan.resources, **limits)
        return
    with running_ray_as_site(options.address, plan.resources, **limits) as site:
        yield site


def drive(driver: Driver, site: Site, options: Options, *, again: Callable[[], Driver]) -> Outcome:
    """Let workers train until the driver's Policy has nothing more for them.

    Args:
        driver: of the search.
        site: where its workers are.
        options: of this call.
        again: opens the study anew and returns a driver for it, after the storage was out of reach.

    Raises:
        OSError: the storage refuses, or has not come back in time.
    """
    interrupts = Interrupts(lambda name: _stop_softly(driver.policy, name, options.say))
    patience = Patience(driver.layout, options.say)
    with interrupts.handled():
        while True:
            try:
                _execute(driver, site, interrupts, options)
                break
            except STORAGE as error:
                if interrupts.came or not patience.bears(error):
                    raise
                driver = patience.wait(
                    error, partial(_next, driver, again), stop=lambda: bool(interrupts.came)
                )
    snapshot = driver.snapshot()
    driver.listener(snapshot)
    return Outcome(
        driver.layout.root,
        driver.reason,
        snapshot,
        interrupted=bool(interrupts.came),
        failed=driver.policy.failing,
    )


def _next(before: Driver, again: Callable[[], Driver]) -> Driver:
    """Return the driver that goes on after ``before`` has lost its storage.

    Raises:
        OSError: the study there lacks trials that were recorded.
    """
    made = again()
    found, known = len(made.policy.records), before.recorded
    if found < known:
        raise OSError(f"{known} trials were recorded, but the study that is there now has {found}")
    made.take_over(before)
    return made


def _change(
    study: Study, before: Plan, after: Plan, *, words: Vocabulary, more_trials: int, options: Options
) -> tuple[Study, Plan, int]:
    """Return the study in which the search goes on, its plan, and how many trials it is still to be extended by."""
    found, plan = go_on(study, before, after, more_trials=more_trials, words=words)
    if found is study:
        return study, plan, more_trials
    count = len(found.get_trials(deepcopy=False))
    options.say(
        f"the search goes on in the study {found.study_name}, with {count} trials of {study.study_name}"
    )
    return found, plan, 0


def _derive_plan(study: Study, layout: RunLayout) -> None:
    """Write plan.yaml anew where the study's plan is another one."""
    text = plan_text(study._storage, study.study_name)
    if text is not None and text != layout.plan.read_text(encoding="utf-8"):
        write_text(layout.plan, text)


def _describe_images(layout: RunLayout, data: Data) -> None:
    said = describe(data.split_fingerprint, data.classes, data.shape, data.validation.images)
    if not layout.images.is_file() or json.loads(layout.images.read_text(encoding="utf-8")) != said:
        write_json(layout.images, said)


def load_images(plan: Plan, options: Options) -> Data:
    """Decode the images, or find them decoded, before anything is begun; say what is worth knowing of them."""
    if isinstance(plan.data.folder, str):
        options.say(f"{plan.data.folder}: what is new of it is copied into this machine's cache")
    data = load_data(plan.data.config, directory=plan.data.folder, access=plan.data.access)
    for note in data.notes:
        options.say(note)
    return data


def _stop_softly(policy: Policy, name: str, say: Callable[[str], None]) -> None:
    policy.stop(f"stopped by {name}")
    # Python refuses to print while it is just printing.
    with contextlib.suppress(RuntimeError):
        say("Stopping after the epochs in flight; once more stops at once.")


def _execute(driver: Driver, site: Site, interrupts: Interrupts, options: Options) -> None:
    driver.workplace = site.workplace
    driver.workplace.remember(driver.policy.records)
    driver.repair()
    driver.apply_requests()
    try:
        with site.ray() as folder, files_travel(driver, options):
            execute(driver, folder, interrupts)
    except KeyboardInterrupt:
        driver.reason = "interrupted twice: stopped at once"
    # After any other error nothing more is recorded: the next start finds who was running, as after a crash.
    driver.abandon()


@contextlib.contextmanager
def files_travel(driver: Driver, options: Options) -> Iterator[None]:
    """Bring files to and from workers that do not see the run's folder or the images. Ray must have been started."""
    entry = image_entry(driver.layout)
    driver.images = entry
    if options.address is None:  # the workers are on this machine
        yield
        return
    with courier(
        driver.layout,
        images=entry_folder(entry) if entry else None,
        plugins=driver.plugins,
        say=options.say,
    ) as driver.courier:
        yield


@contextlib.contextmanager
def resumable(layout: RunLayout, verb: str) -> Iterator[None]:
    """Say of an error of the file system where it was, that nothing is lost, and how to go on."""
    try:
        yield
    except (OSError, SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error).split("\n")[0]
        raise OSError(
            f"{layout.root}: {said}: the search has stopped, and all that was recorded is "
            f"kept; when that is mended, go on by `{command(verb, layout.root)}`"
        ) from error
