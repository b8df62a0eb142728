"""A search on disk, read-only: its plan, its trials, who is ahead.

run = search.open_run("runs/digits")
run.best().config, run.ranking()[:5], run.curve(3, "val/loss")
run.ledger().total.hours, run.forecast().advice
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.study import Study

from search.plan.plan import Plan, load_plan
from search.plan.trial_config import TrialConfig, Value
from search.runs import record
from search.runs.account import Account, account
from search.runs.audit import Audit
from search.runs.forecast import Forecast
from search.runs.keeper import recorded_scalars, validation_images
from search.runs.layout import RunLayout, TrialLayout
from search.runs.lease import Holder, holder
from search.runs.ledger import Ledger
from search.runs.lineage import current, plan_text
from search.runs.pareto import pareto_front
from search.runs.progress import Progress, progress
from search.runs.ranking import Scoring, rank
from search.runs.record import Status, TrialRecord
from search.runs.storage import open_for_reading, read_storage


@dataclass(frozen=True)
class Trial:
    """One trial as it stands on disk. ``score`` is None until its first epoch."""

    record: TrialRecord
    layout: TrialLayout
    score: float | None

    @property
    def number(self) -> int:
        """Its number, from 0."""
        return self.record.number

    @property
    def status(self) -> Status:
        """`waiting`, `running`, `completed`, `stopped`, `failed`, or `rejected` by a constraint, untrained."""
        return self.record.status

    @property
    def point(self) -> Mapping[str, Value]:
        """Its point of the space: what was searched, and what the space fixes."""
        return self.record.point

    @property
    def epochs(self) -> int:
        """Epochs trained."""
        return self.record.step

    @property
    def seconds(self) -> float:
        """Seconds of training, pauses left out."""
        return self.record.last.seconds if self.record.last else 0.0

    @property
    def weights(self) -> Path | None:
        """Its last checkpoint; None where it has none or does not keep it."""
        last = self.record.last
        if last is None or last.checkpoint is None:
            return None
        path = self.layout.folder.parent.parent / last.checkpoint
        return path if path.is_file() else None

    @functools.cached_property
    def validation_images(self) -> int | None:
        """How many images it is scored on; None before a stint has ended."""
        return validation_images(self.layout)

    @functools.cached_property
    def document(self) -> Mapping[str, Any]:
        """What stands in its trial.json; empty before its first stint has ended."""
        try:
            found: Mapping[str, Any] = json.loads(self.layout.document.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        return found

    @property
    def config(self) -> TrialConfig | None:
        """The complete configuration, with which it can be trained again; None before a stint has ended."""
        return TrialConfig.from_json(self.document["config"]) if self.document else None

    @property
    def metrics(self) -> Mapping[str, float]:
        """Every metric at the last epoch; empty before a stint has ended."""
        metrics: Mapping[str, float] = self.document.get("metrics", {})
        return metrics


class Run:
    """A run, as it stood when this object was made.

    Args:
        root: its folder.
        storage: the Optuna storage URL of its study, where it is not in the folder and needs a password.

    Raises:
        FileNotFoundError: there is no run.
    """

    def __init__(self, root: Path, storage: str | None = None) -> None:
        self.layout = RunLayout(root.resolve())
        if not self.layout.plan.is_file():
            raise FileNotFoundError(f"{root}: this is no run: there is no {self.layout.plan.name} in it")
        self._study = _study(self.layout, storage)
        self.plan: Plan = load_plan(self.layout.plan, text=_plan_text(self._study))
        self.scoring = Scoring.of(self.plan.objective)
        trials = self._study.get_trials(deepcopy=False) if self._study else []
        self._records = [record.read(trial) for trial in trials]

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.layout.root.name

    @property
    def trials(self) -> list[Trial]:
        """All trials by number."""
        return [self._trial(known) for known in self._records]

    @property
    def driver(self) -> Holder | None:
        """The living process that drives this run, if any."""
        return holder(self.layout)

    def trial(self, number: int) -> Trial:
        """Return a trial.

        Raises:
            KeyError: there is none of that number.
        """
        if not 0 <= number < len(self._records):
            raise KeyError(
                f"{self.name} has trials 0 to {len(self._records) - 1}, but {number} was asked for"
            )
        return self._trial(self._records[number])

    def ranking(self) -> list[Trial]:
        """Return the trials best first: completed ones, then by epochs, then by value; failed ones left out."""
        return [self._trial(known) for known in rank(self._records, self.scoring)]

    def best(self) -> Trial | None:
        """Return the first of the ranking, or None."""
        ranking = self.ranking()
        return ranking[0] if ranking else None

    def front(self) -> list[Trial]:
        """Return the completed trials that no other one dominates, best by the curve first.

        With one objective that is the best one alone, and whoever ties with it.
        """
        front = pareto_front(self._records, self.scoring, self.plan.goals)
        return [self._trial(known) for known in front]

    def curve(self, trial: int, metric: str | None = None) -> dict[int, float]:
        """Return a metric of a trial by step; None: the objective.

        The objective comes from the study, any other metric from the trial's event files.

        Raises:
            KeyError: no such trial, or it has no such metric.
        """
        found = self.trial(trial)
        if metric in (None, self.plan.objective.metric):
            return dict(found.record.values)
        curves = recorded_scalars(found.layout, found.record)
        if metric not in curves:
            raise KeyError(f"trial {trial} has the metrics {', '.join(sorted(curves))}, but not {metric!r}")
        return curves[metric]

    def progress(self) -> Progress:
        """Return where the search stands."""
        budget = self.plan.budget.trials
        if self._study:
            attributes = self._study._storage.get_study_system_attrs(self._study._study_id)
            budget += record.trials_added(attributes)
        workers = max(1, sum(known.status == "running" for known in self._records))
        return progress(
            self._records,
            budget=budget,
            epochs=self.plan.budget.epochs,
            workers=workers,
            scoring=self.scoring,
        )

    def ledger(self) -> Ledger:
        """Return what the search has cost and saved, by rung and by architecture."""
        return self.account.ledger

    def forecast(self) -> Forecast:
        """Return what more time is expected to bring, and whether to stop; the same run gives the same forecast."""
        return self.account.forecast

    def audit(self) -> Audit | None:
        """Return how often early stopping was wrong, by the condemned trials that were let live; None without any."""
        return self.account.audit

    @functools.cached_property
    def account(self) -> Account:
        """All three: the ledger, the forecast, the audit."""
        return account(self.plan, self.layout, self._records, left=self.progress().left)

    def _trial(self, known: TrialRecord) -> Trial:
        return Trial(known, self.layout.trial(known.number), self.scoring.score(known.values))


def open_run(path: str | Path, *, storage: str | None = None) -> Run:
    """Open a run for reading; see `Run`."""
    return Run(Path(path), storage)


def plan_as_run(layout: RunLayout, storage: str | None = None) -> str | None:
    """Return the plan of a run as YAML, where it was changed since its plan.yaml was written; else None."""
    return _plan_text(_study(layout, storage))


def _plan_text(study: Study | None) -> str | None:
    return plan_text(study._storage, study.study_name) if study else None


def _study(layout: RunLayout, url: str | None) -> Study | None:
    """Open the study in which the search goes on; None where it has not come so far."""
    kept = read_storage(layout)
    if kept is None and not layout.journal.is_file():
        return None
    storage = open_for_reading(layout.journal, url or (kept.url if kept else None))
    names = [kept.study] if kept else optuna.get_all_study_names(storage)
    if not names:
        return None
    name = current(storage, names[0], owner=kept.run if kept else "")
    try:
        return optuna.load_study(study_name=name, storage=storage)
    except KeyError:
        return None
