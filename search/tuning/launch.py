"""Begins a search, or goes on with one: folder, lease, study, workers, and the way out."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import optuna
from optuna.study import Study
from sqlalchemy.exc import SQLAlchemyError

from search.plan.plan import Plan
from search.plan.vocabulary import Vocabulary
from search.runs.errors import StudyError
from search.runs.images import describe
from search.runs.layout import RunLayout, write_json, write_text
from search.runs.lease import Lease
from search.runs.lineage import plan_text
from search.runs.memory import read_memory, write_memory
from search.runs.reader import plan_as_run
from search.runs.record import read
from search.runs.storage import SharedStorage, without_password
from search.training.data import Data, load_data
from search.training.errors import DataError
from search.tuning.bridge import execute
from search.tuning.change import Change, changed
from search.tuning.driver import Driver, Listener, Snapshot
from search.tuning.from_plan import make_policy
from search.tuning.interrupts import Interrupts
from search.tuning.local_ray import local_ray
from search.tuning.parts import scheduler_of
from search.tuning.policy import Policy
from search.tuning.resources import Allocation, allocate, this_machine
from search.tuning.screening import screening
from search.tuning.study import open_study
from search.tuning.succession import go_on
from search.tuning.vocabulary import vocabulary
from search.tuning.warm_start import recall

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
"""What a run may be called: one folder, never a path."""

UNCHANGED = Change()


class RunExists(ValueError):  # noqa: N818 (says what is the case)
    """A run cannot have that name: there is one already, or it is no name."""


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
    Optuna storage URL instead of the run's own journal, ``warm_start`` names runs and bundles to begin from, and
    ``say`` takes a line for the user.
    """

    concurrency: int | None = None
    gpus_per_trial: float | None = None
    storage: str | None = None
    warm_start: Sequence[Path] = ()
    say: Callable[[str], None] = print


def start(plan: Plan, *, folder: Path, name: str | None, listener: Listener, options: Options) -> Outcome:
    """Run a new search to its end.

    Args:
        plan: checked already.
        folder: of all runs; made when missing.
        name: of the run; None: the plan's, with a number behind it where that is taken.
        listener: is told how it stands.
        options: of this call.

    Raises:
        RunExists: there is a run of that name.
        DataError: the images cannot be read; nothing was left on disk.
        SettingsError: the scheduler's settings do not fit the horizon; nothing was left on disk.
        StudyError: the study cannot be opened; nothing was left on disk.
    """
    scheduler_of(plan)
    past = recall(options.warm_start)
    data = load_images(plan, options)
    layout = _new_folder(folder, name, plan.name)
    write_text(layout.plan, plan.to_yaml())
    _describe_images(layout, data)
    if past:
        write_memory(layout.memory, past)
    if options.storage:
        kept = SharedStorage(without_password(options.storage), layout.root.name, uuid.uuid4().hex)
        write_json(layout.storage, vars(kept))
    try:
        return _run(plan, layout, data, listener=listener, options=options, seconds=plan.budget.seconds)
    except StudyError:
        shutil.rmtree(layout.root)  # nothing has begun
        raise


def resume(
    root: Path,
    *,
    more_trials: int = 0,
    change: Change = UNCHANGED,
    seconds: float | None,
    listener: Listener,
    options: Options,
) -> Outcome:
    """Go on with a run after any interruption, or after its end with more trials, epochs or another space.

    Args:
        root: the run's folder.
        more_trials: added to its budget.
        change: of its plan.
        seconds: time budget of this call.
        listener: is told how it stands.
        options: of this call.

    Raises:
        FileNotFoundError: there is no run.
        RunIsHeld: another process drives it.
        DataError: the images cannot be read, or are others than before; the run is as it was.
        PlanError: the change has mistakes, or is of what must not change; the run is as it was.
        SettingsError: the scheduler's settings do not fit the new horizon; the run is as it was.
        StudyError: its study cannot be opened.
    """
    layout = RunLayout(root.resolve())
    before, plan = changed(layout, plan_as_run(layout, options.storage), change)
    scheduler_of(plan)
    data = load_images(plan, options)
    began = json.loads(layout.images.read_text(encoding="utf-8"))["split"]
    if data.split_fingerprint != began:
        raise DataError(
            f"{plan.data.dir or plan.data.name}: these are not the images that {layout.root.name} began with: its "
            "trials could not be compared; put those back, or begin a new search"
        )
    _describe_images(layout, data)  # this may be another machine, or the cache was made anew
    return _run(
        plan,
        layout,
        data,
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
    listener: Listener,
    options: Options,
    seconds: float | None,
    before: Plan | None = None,
    more_trials: int = 0,
) -> Outcome:
    """Drive a search to its end; ``before`` is its plan until now, None for a new one."""
    allocation = allocated(plan, options)
    words = vocabulary(plan.plugins)
    with resumable(layout, "search.resume"), Lease(layout) as lease:
        study = open_study(plan, layout, new=before is None, storage=options.storage, say=options.say)
        if before is not None and before != plan:
            study, plan, more_trials = _change(
                study, before, plan, words=words, more_trials=more_trials, options=options
            )
        _derive_plan(study, layout)
        known = map(read, study.get_trials(deepcopy=False))
        policy = make_policy(
            plan,
            study,
            workers=allocation.workers,
            measure=screening(plan, words, data, past=known),
            past=read_memory(layout.memory),
        )
        if more_trials:
            policy.extend(f"resume-{uuid.uuid4().hex[:12]}", more_trials)
        driver = Driver(plan, words, policy, layout, lease, listener=listener, seconds=seconds)
        return drive(driver, allocation, options)


def allocated(plan: Plan, options: Options) -> Allocation:
    """Return what each worker gets of this machine, and say it."""
    found = allocate(
        plan.resources,
        this_machine(),
        concurrency=options.concurrency,
        gpus_per_trial=options.gpus_per_trial,
    )
    options.say(found.text())
    return found


def drive(driver: Driver, allocation: Allocation, options: Options) -> Outcome:
    """Let workers train until the driver's Policy has nothing more for them."""
    driver.repair()
    policy = driver.policy
    interrupts = Interrupts(lambda name: _stop_softly(policy, name, options.say))
    with interrupts.handled():
        _execute(driver, allocation, interrupts)
    snapshot = driver.snapshot()
    driver.listener(snapshot)
    return Outcome(
        driver.layout.root, driver.reason, snapshot, interrupted=bool(interrupts.came), failed=policy.failing
    )


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
    data = load_data(plan.data.config, directory=plan.data.folder)
    for note in data.notes:
        options.say(note)
    return data


def _stop_softly(policy: Policy, name: str, say: Callable[[str], None]) -> None:
    policy.stop(f"stopped by {name}")
    # Python refuses to print while it is just printing.
    with contextlib.suppress(RuntimeError):
        say("Stopping after the epochs in flight; once more stops at once.")


def _execute(driver: Driver, allocation: Allocation, interrupts: Interrupts) -> None:
    driver.apply_requests()
    try:
        with local_ray(allocation) as folder:
            execute(driver, allocation, folder, interrupts)
    except KeyboardInterrupt:
        driver.reason = "interrupted twice: stopped at once"
    # After any other error nothing more is recorded: the next start finds who was running, as after a crash.
    driver.abandon()


@contextlib.contextmanager
def resumable(layout: RunLayout, verb: str) -> Iterator[None]:
    """Say of an error of the file system where it was, that nothing is lost, and how to go on."""
    try:
        yield
    except (OSError, SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error).split("\n")[0]
        raise OSError(
            f"{layout.root}: {said}: the search has stopped, and all that was recorded is "
            f"kept; when that is mended, go on by `python -m {verb} {layout.root}`"
        ) from error


def _new_folder(folder: Path, name: str | None, default: str) -> RunLayout:
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if name is not None:
        if not NAME.fullmatch(name):
            raise RunExists(
                f"a name of letters, digits, '.', '_' and '-' is expected, but got --name {name!r}"
            )
        return _make(folder / name)
    for count in range(1, 10_000):
        with contextlib.suppress(RunExists):
            return _make(folder / (default if count == 1 else f"{default}-{count}"))
    raise RunExists(f"{folder}: there are 10,000 runs named {default!r}: give a --name")


def _make(root: Path) -> RunLayout:
    try:
        root.mkdir()
    except FileExistsError:
        raise RunExists(
            f"{root}: a run of that name is there already: go on with it by `search.resume`, "
            "or give another --name"
        ) from None
    return RunLayout(root)
