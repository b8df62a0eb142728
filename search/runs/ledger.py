"""What a search has cost and saved, by rung and by architecture: derived from the trials' records alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from search.runs.record import TrialRecord

Shares = npt.NDArray[np.float64]
"""One trial's (4, intervals): epochs, seconds, epochs saved, seconds saved, between two rungs each."""

SECONDS = [1, 3]
"""Of these, the ones that are times."""


@dataclass(frozen=True)
class Cost:
    """What a part of a search cost.

    ``trials`` trained in it, ``epochs`` in all; ``hours`` are those of training, in the ledger's unit.
    ``epochs_saved`` and ``hours_saved`` are what the stopped trials would have cost more, had nobody been stopped
    early; the hours are an estimate, each trial's missing epochs at its own mean seconds per epoch.
    """

    name: str
    trials: int
    epochs: int
    hours: float
    epochs_saved: int
    hours_saved: float


@dataclass(frozen=True)
class Ledger:
    """What a search cost: in all, between two rungs (``4–9``), and for each architecture.

    The rows of ``rungs`` add up to ``total``, and so do those of ``architectures``, but for the trials, which are
    in several rungs. ``architectures`` is empty where the space names none. ``rejected`` trials cost nothing.
    """

    unit: str
    total: Cost
    rungs: tuple[Cost, ...]
    architectures: tuple[Cost, ...]
    rejected: int


def ledger(records: Sequence[TrialRecord], *, epochs: int, gpus: float = 1.0) -> Ledger:
    """Sum up what was spent and saved.

    Args:
        records: all trials.
        epochs: of a full training.
        gpus: that a trial has, above 0, where it has any and its stints do not say how many; it scales hours on GPUs
            only.

    Returns:
        The ledger. Its unit is ``GPU-hours`` where every stint ran on a GPU, else ``worker-hours``: the hours of
        training, added up over the workers.
    """
    edges = _edges(records, epochs)
    trained = [record for record in records if record.step]
    table = np.array([_shares(record, edges, epochs) for record in trained]).reshape(-1, 4, len(edges) - 1)
    on_gpus = _on_gpus(records)
    if on_gpus:
        table[:, SECONDS] *= np.array([_gpus(record, gpus) for record in trained]).reshape(-1, 1, 1)
    spans = [f"{low + 1}–{high}" for low, high in itertools.pairwise(edges)]
    return Ledger(
        unit="GPU-hours" if on_gpus else "worker-hours",
        total=_cost("total", table.sum(axis=2)),
        rungs=tuple(_cost(span, table[:, :, i]) for i, span in enumerate(spans)),
        architectures=tuple(
            _cost(name, table[rows].sum(axis=2)) for name, rows in _architectures(trained).items()
        ),
        rejected=sum(record.status == "rejected" for record in records),
    )


def saved(record: TrialRecord, epochs: int) -> tuple[int, float]:
    """Return what a trial would have cost more, had the scheduler not stopped it; a person's stop saves nothing.

    Args:
        record: of the trial.
        epochs: of a full training in the present study.

    Returns:
        Epochs, and an estimate of the seconds behind them: at the trial's own mean.
    """
    if record.status != "stopped" or record.last is None:
        return 0, 0.0
    condemned = any(not (rung.keep or rung.audited or rung.front) for rung in record.last.rungs)
    missing = max(record.horizon(epochs) - record.step, 0) if condemned else 0
    return missing, missing * record.seconds / record.step


def _edges(records: Iterable[TrialRecord], epochs: int) -> list[int]:
    """Return 0, every rung at which anything was decided, and the horizon (an earlier one may have been longer)."""
    rungs = {rung.rung for record in records for report in record.reports.values() for rung in report.rungs}
    last = max([epochs, *(record.step for record in records)])
    return sorted({0, last, *(rung for rung in rungs if rung < last)})


def _shares(record: TrialRecord, edges: Sequence[int], epochs: int) -> Shares:
    """Spread a trial over the intervals; between two reports, time runs evenly."""
    steps = [0, *record.reports]
    seconds = [0.0, *(report.seconds for report in record.reports.values())]
    reached = np.minimum(edges, record.step)
    spent = np.interp(edges, steps, seconds)
    missing, more = saved(record, epochs)
    spared = np.minimum(edges, record.step + missing) - reached
    return np.diff(np.array([reached, spent, spared, spared * (more / max(missing, 1))]), axis=1)


def _cost(name: str, table: npt.NDArray[np.float64]) -> Cost:
    """Add up a table (trials, 4): epochs, seconds, and both saved."""
    epochs, seconds, saved, seconds_more = (float(column) for column in table.sum(axis=0))
    return Cost(
        name=name,
        trials=int((table[:, 0] > 0).sum()),
        epochs=round(epochs),
        hours=seconds / 3600,
        epochs_saved=round(saved),
        hours_saved=seconds_more / 3600,
    )


def _architectures(trained: Sequence[TrialRecord]) -> Mapping[str, list[int]]:
    """Return the rows of each architecture, by name; none where no point names one."""
    rows: dict[str, list[int]] = {}
    for row, record in enumerate(trained):
        rows.setdefault(str(record.point.get("architecture", "")), []).append(row)
    return dict(sorted(rows.items())) if rows.keys() - {""} else {}


def _gpus(record: TrialRecord, usual: float) -> float:
    """Return how many GPUs a trial's last stint had, a share below 1 where it had a part of one."""
    return next((stint.gpus for stint in reversed(record.stints) if stint.gpus), usual)


def _on_gpus(records: Iterable[TrialRecord]) -> bool:
    devices = {stint.device for record in records for stint in record.stints if stint.device}
    return bool(devices) and "cpu" not in devices
