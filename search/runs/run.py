"""A search on disk, read-only: its plan, its trials, who is ahead.

run = search.open_run("runs/digits")
run.best().config, run.ranking()[:5], run.curve(3, "val/loss")
run.ledger().total.hours, run.forecast().advice
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.plan.plan import Plan
from search.plan.trial_config import TrialConfig, Value
from search.runs import record
from search.runs.account import Account, account
from search.runs.audit import Audit
from search.runs.forecast import Forecast
from search.runs.keeper import recorded_scalars, validation_images
from search.runs.layout import RunLayout, TrialLayout
from search.runs.lease import Holder, holder
from search.runs.ledger import Ledger
from search.runs.measurements import Measurements
from search.runs.pareto import pareto_front
from search.runs.progress import Progress, progress
from search.runs.ranking import Scoring, rank
from search.runs.record import Status, TrialRecord
from search.runs.requests import pending


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
        """Its point of the space, with what was searched and what the space fixes."""
        return self.record.point

    @property
    def epochs(self) -> int:
        """Epochs trained."""
        return self.record.step

    @property
    def seconds(self) -> float:
        """Seconds of training, pauses left out."""
        return self.record.seconds

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
        """What stands in its trial.json; empty before its first stint has ended, and where the file is damaged.

        All of it is derived from the study and the event files, so that nothing is lost with it.
        """
        try:
            found = json.loads(self.layout.document.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def config(self) -> TrialConfig | None:
        """The complete configuration, with which it can be trained again; None where its trial.json says none."""
        try:
            return TrialConfig.from_json(self.document["config"])
        except (KeyError, TypeError, ValueError, AttributeError):
            return None  # not there yet, damaged, or of another version

    @property
    def metrics(self) -> Mapping[str, float]:
        """Every metric at the last epoch; empty before a stint has ended."""
        told = self.document.get("metrics", {})
        items = told.items() if isinstance(told, dict) else ()
        return {name: value for name, value in items if isinstance(value, int | float)}


class Run:
    """A run, as it stood when this object was made; `search.runs.reader` makes it.

    Args:
        layout: where it is kept.
        plan: as run.
        records: all trials by number.
        requests: what others asked for and the driver applied, by id, with kind, time and arguments.
        measured: what was read from another program's logs; then there is no study, no plan.yaml and no weights. None
            for a run of ours.

    ``derived`` is for whoever shows a run, to keep what was made of it as long as it lives.
    """

    def __init__(
        self,
        layout: RunLayout,
        plan: Plan,
        records: Sequence[TrialRecord],
        *,
        requests: Mapping[str, Mapping[str, Any]] | None = None,
        measured: Measurements | None = None,
    ) -> None:
        self.layout, self.plan, self.requests, self.measured = layout, plan, requests or {}, measured
        self.scoring = Scoring.of(plan.objective)
        self.derived: dict[Any, Any] = {}
        self._records = records

    @property
    def foreign(self) -> bool:
        """Whether another program has left it."""
        return self.measured is not None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.layout.root.name

    @functools.cached_property
    def trials(self) -> list[Trial]:
        """All trials by number."""
        return [self._trial(known) for known in self._records]

    @property
    def driver(self) -> Holder | None:
        """The living process that drives this run, if any."""
        return holder(self.layout)

    @property
    def driver_time(self) -> float | None:
        """What its driver's clock said a few seconds ago, that of all times in the record; None if nobody drives it."""
        held = self.driver
        return held.heartbeat if held else None

    def trial(self, number: int) -> Trial:
        """Return a trial.

        Raises:
            KeyError: there is none of that number.
        """
        if not 0 <= number < len(self._records):
            raise KeyError(
                f"{self.name} has trials 0 to {len(self._records) - 1}, but {number} was asked for"
            )
        return self.trials[number]

    def ranking(self) -> list[Trial]:
        """Return the trials best first: completed ones, then by epochs, then by value; failed ones left out."""
        return [self.trials[known.number] for known in self._ranking]

    def best(self) -> Trial | None:
        """Return the first of the ranking, or None."""
        return self.trials[self._ranking[0].number] if self._ranking else None

    def exportable(self) -> list[int]:
        """Return the numbers of the completed trials whose weights are there, best first."""
        return [one.number for one in self.ranking() if one.status == "completed" and one.weights is not None]

    def front(self) -> list[Trial]:
        """Return the completed trials that no other one dominates, best by the curve first.

        With one objective that is the best one alone, and whoever ties with it.
        """
        front = pareto_front(self._records, self.scoring, self.plan.goals)
        return [self.trials[known.number] for known in front]

    def curve(self, trial: int, metric: str | None = None) -> dict[int, float]:
        """Return a metric of a trial by step; None: the objective.

        The objective comes from the study, any other metric from the trial's event files.

        Raises:
            KeyError: no such trial, or it has no such metric.
        """
        found = self.trial(trial)
        if metric in (None, self.plan.objective.metric):
            return dict(found.record.values)
        if self.measured is not None:
            steps, values = self.measured.curve(trial, str(metric))
            return dict(zip(steps.tolist(), values.tolist(), strict=True))
        curves = recorded_scalars(found.layout, found.record)
        if metric not in curves:
            raise KeyError(f"trial {trial} has the metrics {', '.join(sorted(curves))}, but not {metric!r}")
        return curves[metric]

    def progress(self) -> Progress:
        """Return where the search stands."""
        return self._progress

    @property
    def over(self) -> bool:
        """Whether a driver would find nothing to train: its trials have ended, and nobody has asked for another."""
        begun = {known.request for known in self._records}
        points = (name for name, asked in self.requests.items() if asked["kind"] == "enqueue")
        return self.progress().over and begun.issuperset(points) and not pending(self.layout)

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
        """The ledger, the forecast and the audit together."""
        left = self.progress().left
        return account(self.plan, self.layout, self._records, left=left, now=self.driver_time)

    @functools.cached_property
    def _ranking(self) -> Sequence[TrialRecord]:
        return rank(self._records, self.scoring)

    @functools.cached_property
    def _progress(self) -> Progress:
        return progress(
            self._records,
            budget=self.plan.budget.trials + record.trials_added(self.requests),
            epochs=self.plan.budget.epochs,
            workers=max(1, sum(known.status == "running" for known in self._records)),
            scoring=self.scoring,
        )

    def _trial(self, known: TrialRecord) -> Trial:
        return Trial(known, self.layout.trial(known.number), self.scoring.score(known.values))
