"""Reading a run again and again: of its study only what came since the last time.

Optuna's journal storage reads the tail of its file, and puts a new object in the place of each trial that changed;
so only these are decoded again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial

from search.plan.plan import Plan, load_plan
from search.runs import record
from search.runs.layout import RunLayout
from search.runs.lineage import current, plan_text
from search.runs.record import TrialRecord
from search.runs.run import Run
from search.runs.storage import open_for_reading, read_storage, reading


class RunReader:
    """Reads one run, and again what came since; for one thread at a time.

    Args:
        root: the folder of the run.
        storage: the Optuna storage URL of its study, where it is not in the folder and needs a password.

    Raises:
        FileNotFoundError: there is no run.
    """

    def __init__(self, root: Path, storage: str | None = None) -> None:
        self._layout = RunLayout(root.resolve())
        if not self._layout.plan.is_file():
            raise FileNotFoundError(f"{root}: this is no run: there is no {self._layout.plan.name} in it")
        self._url = storage
        self._study = _Study()
        self._run: Run | None = None
        self._plan: tuple[object, Plan] | None = None

    def read(self) -> Run:
        """Return the run as it stands; the same object where nothing changed.

        Raises:
            PlanError: its plan has mistakes.
            StudyError: its study is damaged or out of reach.
        """
        with reading(self._layout.journal):
            text = self._find_study()
            changed = self._study.refresh()
        plan = self._read_plan(text)
        if self._run is None or changed or plan is not self._run.plan:
            self._run = Run(self._layout, plan, self._study.records, requests=self._study.requests)
        return self._run

    def plan_text(self) -> str | None:
        """Return the plan as YAML, where it was changed since plan.yaml was written; else None."""
        with reading(self._layout.journal):
            return self._find_study()

    def _find_study(self) -> str | None:
        """Find the study in which the search goes on, and return its own plan as YAML, if it has one."""
        kept = read_storage(self._layout)
        url = self._url or (kept.url if kept else None)
        if kept is None and not self._layout.journal.is_file():
            return None
        self._study.open(self._layout.journal, url)
        names = [kept.study] if kept else self._study.names()
        return self._study.choose(names[0], owner=kept.run if kept else "") if names else None

    def _read_plan(self, text: str | None) -> Plan:
        path = self._layout.plan
        seen = (text, path.stat().st_mtime_ns)
        if self._plan is None or self._plan[0] != seen:
            self._plan = seen, load_plan(path, text=text)
        return self._plan[1]


class _Study:
    """The study of a run: none, or one in a storage that stays open."""

    def __init__(self) -> None:
        self.records: list[TrialRecord] = []
        self.requests: Mapping[str, Mapping[str, Any]] = {}
        self._opened: object = None
        self._storage: BaseStorage | None = None
        self._id: int | None = None
        self._trials: list[FrozenTrial] = []

    def open(self, journal: Path, url: str | None) -> None:
        """Open the storage, again where another file has taken the journal's place, or it has shrunk."""
        found = url or _identity(journal)
        shrunk = isinstance(found, tuple) and isinstance(self._opened, tuple) and found[-1] < self._opened[-1]
        if self._storage is None or shrunk or _place(found) != _place(self._opened):
            self._storage, self._id = open_for_reading(journal, url), None
        self._opened = found

    def names(self) -> list[str]:
        """Return the names of all studies."""
        assert self._storage is not None
        return optuna.get_all_study_names(self._storage)

    def choose(self, first: str, *, owner: str) -> str | None:
        """Take the study in which the search goes on; return its own plan as YAML, if it has one."""
        assert self._storage is not None
        try:
            name = current(self._storage, first, owner=owner)
            found = self._storage.get_study_id_from_name(name)
        except KeyError:
            return None
        if found != self._id:
            self._id, self._trials, self.records = found, [], []
        return plan_text(self._storage, name)

    def refresh(self) -> bool:
        """Decode what changed; tell whether anything did."""
        if self._storage is None or self._id is None:
            return False
        trials = self._storage.get_all_trials(self._id, deepcopy=False)
        requests = record.requests_of(self._storage.get_study_system_attrs(self._id))
        known = len(self._trials)
        old = [i < known and self._trials[i] is trial for i, trial in enumerate(trials)]
        if all(old) and len(trials) == known and requests == self.requests:
            return False
        self.records = [
            self.records[i] if same else record.read(trial)
            for i, (same, trial) in enumerate(zip(old, trials, strict=True))
        ]
        self._trials, self.requests = trials, requests
        return True


def _identity(journal: Path) -> tuple[int, int, int]:
    """Return what tells a journal from another one in its place, and its size."""
    found = os.stat(journal)  # noqa: PTH116 - three numbers of one look
    return found.st_dev, found.st_ino, found.st_size


def _place(found: object) -> object:
    return found[:2] if isinstance(found, tuple) else found


def open_run(path: str | Path, *, storage: str | None = None) -> Run:
    """Open a run for reading.

    Args:
        path: the folder of the run.
        storage: the Optuna storage URL of its study, where it is not in the folder and needs a password.

    Raises:
        FileNotFoundError: there is no run.
        PlanError: its plan has mistakes.
        StudyError: its study is damaged or out of reach.
    """
    return RunReader(Path(path), storage).read()


def plan_as_run(layout: RunLayout, storage: str | None = None) -> str | None:
    """Return the plan of a run as YAML, where it was changed since its plan.yaml was written; else None."""
    return RunReader(layout.root, storage).plan_text()
