"""What stands in the Optuna study for each trial: reports, decisions, stints. Written by the Policy alone.

Machinery is kept in system attributes under ``winnow:``, so that the tables of `optuna-dashboard` stay clear;
what a person wants to read there (origin, reason, seed) is in user attributes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from optuna.distributions import BaseDistribution
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from search.plan.trial_config import Value
from search.runs.journal import Journal

POINT = "winnow:point"
REPORT = "winnow:report:"
STINT = "winnow:stint:"
RESUME = "resume"
REQUEST = "winnow:request:"
RUN = "winnow:run"
BRACKET = "winnow:bracket"
ATTRIBUTES = "winnow:attributes"
REJECTED = "winnow:rejected"
COPIED = "winnow:copied"
ORIGIN = "origin"
REASON = "reason"
SEED = "seed"

ENQUEUED = "request:"
"""How the origin of a trial begins that a request has put in; the request's id follows."""

Status = Literal["waiting", "running", "completed", "stopped", "failed", "rejected"]
Ending = Literal["completed", "stopped", "failed", "crashed", "paused", "orphaned", "lost"]

ENDED: tuple[Status, ...] = ("completed", "stopped", "failed")
"""Trials of these statuses were trained and are never opened again; a rejected one never was a trial of the budget."""

STATUS: Mapping[TrialState, Status] = {
    TrialState.WAITING: "waiting",
    TrialState.RUNNING: "running",
    TrialState.COMPLETE: "completed",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
}

STATE: Mapping[Status, TrialState] = {
    **{status: state for state, status in STATUS.items()},
    "rejected": TrialState.PRUNED,
}


@dataclass(frozen=True)
class RungDecision:
    """What was decided for a trial at a rung: the cut-off then, and how many trials of its bracket stood there.

    ``audited``: condemned, but let live as one of the control group. ``front``: the scheduler would have stopped
    it, but no trial that stood there was better in every objective.
    """

    rung: int
    keep: bool
    cutoff: float | None
    standing: int
    bracket: int = 0
    audited: bool = False
    front: bool = False


@dataclass(frozen=True)
class RecordedReport:
    """One report as recorded: the objective's value, cumulative seconds, the checkpoint, the decision.

    ``skipped`` is how many epochs of its horizon the trial does without: it has run out of patience.
    """

    step: int
    epoch: int
    value: float
    seconds: float
    attempt: int
    checkpoint: str | None
    decision: str
    rungs: tuple[RungDecision, ...] = ()
    skipped: int = 0


@dataclass(frozen=True)
class Stint:
    """One stretch of a trial on one worker.

    Times are seconds since 1970 on the driver's clock; ``end`` is None while it lasts. ``gpus`` is its share of GPUs,
    ``node`` Ray's id of the node, ``node_type`` the node's name in cluster.yaml. ``gpu_memory`` is the most bytes that
    it has taken of its GPU in its first epoch, ``gpu_total`` all that the GPU has; 0 where nothing measured them.
    ``share`` is how much of the node it held, of its GPUs where it has any, else of its CPUs; 0 where nobody knows.
    """

    attempt: int
    start: float
    from_step: int = 0
    host: str = ""
    device: str = ""
    process: int = 0
    end: float | None = None
    ending: Ending | None = None
    reason: str = ""
    gpus: float = 0.0
    node: str = ""
    node_type: str = ""
    gpu_memory: int = 0
    gpu_total: int = 0
    share: float = 0.0

    def ended(self, ending: Ending, *, at: float, reason: str = "") -> Stint:
        """Return this stint with its end."""
        return replace(self, end=at, ending=ending, reason=reason)


@dataclass(frozen=True)
class Copied:
    """Where a trial was trained that another study has handed on.

    ``study`` is where it began and ``epochs`` the horizon of its schedule there. ``aside``: that is not the horizon
    of the present study, with whose trials it cannot be compared. ``inside``: its point is one of the present space.
    """

    study: str
    epochs: int
    aside: bool = False
    inside: bool = True


@dataclass(frozen=True)
class TrialRecord:
    """All that the study says of one trial, decoded.

    ``bracket`` is counted as its scheduler does, ``attributes`` are what was measured before the first epoch.
    ``copied`` is None for a trial that began in this study.
    """

    number: int
    status: Status
    point: Mapping[str, Value]
    reports: Mapping[int, RecordedReport]
    stints: tuple[Stint, ...]
    origin: str = "sampler"
    reason: str = ""
    seed: int = 0
    values: Mapping[int, float] = field(default_factory=dict)
    bracket: int = 0
    attributes: Mapping[str, float] = field(default_factory=dict)
    copied: Copied | None = None

    @property
    def aside(self) -> bool:
        """Whether it was trained on the schedule of another horizon: it is shown, and counts for nothing else."""
        return self.copied is not None and self.copied.aside

    @property
    def request(self) -> str | None:
        """The id of the request that has put it in; None: it is the search's own."""
        return self.origin.removeprefix(ENQUEUED) if self.origin.startswith(ENQUEUED) else None

    def horizon(self, epochs: int) -> int:
        """Return the horizon of its schedule, where the present one is ``epochs``."""
        return self.copied.epochs if self.copied else epochs

    @property
    def attempt(self) -> int:
        """The number of the last attempt; 0 before the first."""
        return self.stints[-1].attempt if self.stints else 0

    @cached_property  # as `step`: a search of 10,000 trials looks at each of them again and again
    def last(self) -> RecordedReport | None:
        """The last report."""
        return self.reports[max(self.reports)] if self.reports else None

    @property
    def seconds(self) -> float:
        """Seconds of training and validation; pauses and what a crash lost are left out."""
        return self.last.seconds if self.last else 0.0

    @cached_property
    def step(self) -> int:
        """The last recorded step; 0 before the first."""
        return max(self.values, default=0)

    @property
    def reach(self) -> int:
        """The epoch up to which its curve counts: the horizon for a trial that ended by itself, else the last step."""
        return self.step + (self.last.skipped if self.last else 0)

    @property
    def paused_at(self) -> int | None:
        """The rung at which the trial waits for a place; None: it runs, has ended, or was interrupted.

        Once a place was given it has another stint, also when that stint came to nothing.
        """
        last = self.last
        if (
            self.status != "waiting"
            or last is None
            or last.decision != "pause"
            or last.attempt != self.attempt
        ):
            return None
        return next((rung.rung for rung in reversed(last.rungs) if not rung.keep), None)


def read(trial: FrozenTrial) -> TrialRecord:
    """Decode a trial of any study; one that another program wrote has values, but no reports or stints."""
    attributes = trial.system_attrs
    reports = {
        report.step: report for report in (_report(v) for k, v in attributes.items() if k.startswith(REPORT))
    }
    stints = sorted(
        (Stint(**v) for k, v in attributes.items() if k.startswith(STINT)), key=lambda s: s.attempt
    )
    values = dict(trial.intermediate_values)
    for report in reports.values():
        values.setdefault(report.step, report.value)
    return TrialRecord(
        number=trial.number,
        status="rejected" if REJECTED in attributes else STATUS[trial.state],
        point=attributes.get(POINT, trial.params),
        reports=dict(sorted(reports.items())),
        stints=tuple(stints),
        origin=trial.user_attrs.get(ORIGIN, "sampler"),
        reason=trial.user_attrs.get(REASON, ""),
        seed=trial.user_attrs.get(SEED, 0),
        values=dict(sorted(values.items())),
        bracket=attributes.get(BRACKET, 0),
        attributes=attributes.get(ATTRIBUTES, {}),
        copied=Copied(**attributes[COPIED]) if COPIED in attributes else None,
    )


def teaches(trial: FrozenTrial) -> bool:
    """Tell whether a sampler may learn from a trial: it is of the present space and horizon."""
    copied = trial.system_attrs.get(COPIED)
    return copied is None or (copied["inside"] and not copied["aside"])


def _report(document: dict[str, Any]) -> RecordedReport:
    rungs = tuple(RungDecision(**rung) for rung in document["rungs"])
    return RecordedReport(**{**document, "rungs": rungs})


def new_trial(
    known: TrialRecord,
    distributions: Mapping[str, BaseDistribution],
    *,
    violations: Mapping[str, float],
    notes: Mapping[str, Any],
) -> FrozenTrial:
    """Return a trial as it enters the study, whole, in one record.

    Args:
        known: running with its first stint, or rejected.
        distributions: of the parameters that were sampled.
        violations: by how much it violates each constraint (above 0: it does), where Optuna's samplers look for it.
        notes: system attributes that a sampler wants to find again.
    """
    user = {ORIGIN: known.origin, SEED: known.seed, **({REASON: known.reason} if known.reason else {})}
    return create_trial(
        state=TrialState.PRUNED if known.status == "rejected" else TrialState.RUNNING,
        params={name: known.point[name] for name in distributions},
        distributions=dict(distributions),
        user_attrs={**known.attributes, **user},
        system_attrs={**_machinery(known), **notes},
        constraints=dict(violations),
    )


def copied_trial(
    trial: FrozenTrial,
    known: TrialRecord,
    distributions: Mapping[str, BaseDistribution],
    *,
    score: float | None,
) -> FrozenTrial:
    """Return a trial as another study takes it in, whole, in one record.

    Args:
        trial: in the study where it is.
        known: what the other study shall know of it, with ``copied``.
        distributions: of the parameters that the other space has for its point.
        score: of a completed or stopped trial.
    """
    made = new_trial(known, distributions, violations=trial.constraints, notes={})
    made.state = STATE[known.status]
    made.values = None if score is None else [score]
    made.intermediate_values = dict(known.values)
    made.datetime_start = trial.datetime_start
    made.datetime_complete = (trial.datetime_complete or datetime.now()) if made.state.is_finished() else None
    return made


def _machinery(known: TrialRecord) -> dict[str, Any]:
    """Return the system attributes that hold a record."""
    system: dict[str, Any] = {POINT: known.point}
    system |= {f"{STINT}{stint.attempt}": vars(stint) for stint in known.stints}
    system |= {f"{REPORT}{step}": asdict(report) for step, report in known.reports.items()}
    # What says nothing stays away: half of the journal's records would grow for nothing.
    if known.bracket:
        system[BRACKET] = known.bracket
    if known.attributes:
        system[ATTRIBUTES] = dict(known.attributes)
    if known.status == "rejected":
        system[REJECTED] = True
    if known.copied:
        system[COPIED] = asdict(known.copied)
    if known.status == "waiting":
        system[RESUME] = (known.last.checkpoint if known.last else None) or ""
    return system


def together(storage: BaseStorage) -> AbstractContextManager[None]:
    """Within it several records become durable together, at its end; in a database each one does by itself."""
    backend = getattr(storage, "_backend", None)
    return backend.together() if isinstance(backend, Journal) else nullcontext()


def write_report(storage: BaseStorage, trial_id: int, report: RecordedReport) -> None:
    """Record a report with its decision, then the value that Optuna's own tools read.

    The report comes first and holds the value, so that a crash between the two loses nothing: `repair` adds
    the second from the first.
    """
    storage.set_trial_system_attr(trial_id, f"{REPORT}{report.step}", asdict(report))
    storage.set_trial_intermediate_value(trial_id, report.step, report.value)


def write_stint(storage: BaseStorage, trial_id: int, stint: Stint) -> None:
    """Record a stint's start, or its end."""
    storage.set_trial_system_attr(trial_id, f"{STINT}{stint.attempt}", asdict(stint))


def requests_of(attributes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what others asked for and the driver applied: by the request's id, its kind and its arguments.

    A request is one attribute of the study, so that it is applied once, whatever happens.
    """
    return {k.removeprefix(REQUEST): v for k, v in attributes.items() if k.startswith(REQUEST)}


def trials_added(requests: Mapping[str, Mapping[str, Any]]) -> int:
    """Return by how many trials the budget was extended, of what `requests_of` returns."""
    return sum(request["trials"] for request in requests.values() if request["kind"] == "extend")


def repair(storage: BaseStorage, trial: FrozenTrial, record: TrialRecord) -> None:
    """Add the values whose reports were recorded, but which a crash cut off."""
    for step in record.reports.keys() - trial.intermediate_values.keys():
        storage.set_trial_intermediate_value(trial._trial_id, step, record.reports[step].value)
