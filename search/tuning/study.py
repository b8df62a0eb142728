"""A run's study, opened by its driver."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection

from search.plan.plan import Plan
from search.runs.errors import StudyError
from search.runs.layout import RunLayout
from search.runs.lineage import current, half_copied
from search.runs.record import RUN
from search.runs.storage import SharedStorage, open_for_writing, open_shared, read_storage


def open_study(
    plan: Plan,
    layout: RunLayout,
    *,
    new: bool,
    storage: str | None = None,
    say: Callable[[str], None] = print,
) -> Study:
    """Open the run's present study for writing, mending what a crash has torn; make it when the run is new.

    Args:
        plan: says what the objective is.
        layout: of the run.
        new: there must be no study of that name yet.
        storage: an Optuna storage URL, with the password that the run's folder leaves out.
        say: takes a line for the user.

    Raises:
        StudyError: it cannot be opened, or a study of that name is another run's.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    kept = read_storage(layout)
    owner = kept.run if kept else ""
    if kept:
        opened, name = open_shared(storage or kept.url), kept.study
    else:
        opened, mended = open_for_writing(layout.journal)
        if mended:
            say(f"the last record of the study was torn by a crash; it was cut off: {mended}")
        name = next(iter(optuna.get_all_study_names(opened)), layout.root.name)
    if name in optuna.get_all_study_names(opened):
        if new:
            raise StudyError(f"a study named {name!r} is in that storage already: give another --name")
        _own(optuna.load_study(storage=opened, study_name=name), kept)
        for torn in half_copied(opened, name, owner=owner):
            optuna.delete_study(study_name=torn, storage=opened)
        return optuna.load_study(storage=opened, study_name=current(opened, name, owner=owner))
    return make_study(plan, opened, name, owner=owner)


def make_study(plan: Plan, storage: BaseStorage, name: str, *, owner: str) -> Study:
    """Make a study for a plan.

    Args:
        plan: says what the objective is.
        storage: takes it.
        name: of the study; there is none of that name.
        owner: the run's id, in a storage that others use too; else empty.
    """
    direction = StudyDirection.MAXIMIZE if plan.objective.mode == "max" else StudyDirection.MINIMIZE
    study = optuna.create_study(storage=storage, study_name=name, direction=direction)
    if owner:
        study.set_user_attr(RUN, owner)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names([plan.objective.metric])  # for Optuna's own tools
    return study


def _own(study: Study, kept: SharedStorage | None) -> None:
    """Refuse a study that is not this run's own: another's with the same name must not be taken over."""
    if kept and study.user_attrs.get(RUN) != kept.run:
        raise StudyError(f"the study {study.study_name!r} in that storage belongs to another run")
