"""What is wrong with a search, and with which trials: stalled, failed, diverged, restarted, rejected, damaged files."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dashboard.prepare.reports import CUT_OFF, Reports
from dashboard.prepare.states import State
from search.display import duration
from search.runs.layout import RunLayout
from search.runs.nodes import bad_nodes
from search.runs.record import TrialRecord
from search.runs.run import Run

Kind = Literal["stalled", "avoided", "failed", "diverged", "restarted", "rejected", "damaged"]

QUIET = 60.0
"""Seconds without a report that are never a stall: a checkpoint on a slow disk, a pause of the garbage collector."""

TIMES = 5.0
"""A trial is stalled after that many of its own epochs without a report."""

FIRST = 600.0
"""Seconds that a first epoch may take where no epoch of this search was measured: downloads, compilation."""

MOST_TRIALS = 12
"""Numbers of trials that are listed with one complaint; its count says how many there are."""


@dataclass(frozen=True)
class Complaint:
    """One thing that is wrong, with the ``trials`` that it is about (the first ones of ``count``) and the reason."""

    kind: Kind
    title: str
    reason: str
    count: int
    trials: tuple[int, ...] = ()


def health(
    run: Run, told: Reports, state: State, *, now: float, damage: Sequence[str] = ()
) -> list[Complaint]:
    """Return all complaints, the most urgent first; none where all is well.

    Args:
        run: as it stands.
        told: all of its reports.
        state: of the run: trials stall only where somebody drives it.
        now: seconds since 1970.
        damage: what readers of its files complained of, a sentence each.
    """
    records = [trial.record for trial in run.trials]
    quiet = stalled(records, told, now=now) if state == "running" else []
    return [
        *_damaged([*damage, *torn(run.layout)]),
        *quiet,
        *_avoided(records),
        *_failed(records),
        *_restarted(records),
        *_rejected(records),
    ]


def stalled(
    records: Sequence[TrialRecord],
    told: Reports,
    *,
    now: float,
    quiet: float = QUIET,
    times: float = TIMES,
    first: float = FIRST,
) -> list[Complaint]:
    """Return the running trials that have not reported for long, against their own epochs.

    Args:
        records: all trials.
        told: all of their reports.
        now: seconds since 1970.
        quiet: seconds that are never a stall.
        times: of the trial's mean epoch, or of the search's longest mean where the trial has reported none yet.
        first: seconds that are allowed where nothing was measured.
    """
    means = [known.last.seconds / known.step for known in records if known.last and known.step]
    usual = max(means, default=first / times)
    heard = dict(zip(told.trial[told.last].tolist(), told.at[told.last].tolist(), strict=True))
    on_nodes = any(stint.node for known in records for stint in known.stints)
    found = []
    for known in records:
        if on_nodes and known.stints and not known.stints[-1].node:
            continue  # it waits for a worker: on a cluster, until a node has come
        if known.status != "running" or not known.stints or known.stints[-1].end is not None:
            continue
        # A stint that has just begun counts from its start: its last report is an earlier stint's.
        since = np.nanmax([heard.get(known.number, math.nan), known.stints[-1].start])
        own = known.last.seconds / known.step if known.last and known.step else usual
        silent = now - float(since)
        if silent > max(quiet, times * own):
            where = f"{known.stints[-1].host} {known.stints[-1].device}".strip() or "its worker"
            reason = f"no report for {duration(silent)} on {where}; its epochs take {duration(own)}"
            found.append(Complaint("stalled", f"Trial {known.number} is stalled", reason, 1, (known.number,)))
    return found


def torn(layout: RunLayout) -> list[str]:
    """Return what was cut off the run's journal and kept beside it, a sentence each."""
    try:
        paths = sorted(layout.root.glob(f"{layout.journal.name}.torn-*"))
    except OSError:
        return []
    return [f"A torn record was cut off the journal, and is kept as {path.name}." for path in paths]


def _damaged(sentences: Sequence[str]) -> list[Complaint]:
    if not sentences:
        return []
    title = "A file is damaged" if len(sentences) == 1 else f"{len(sentences)} files are damaged"
    return [Complaint("damaged", title, "\n".join(sentences[:MOST_TRIALS]), len(sentences))]


def diverged(known: TrialRecord) -> bool:
    """Tell whether a trial failed because its objective was no number any more."""
    last = known.values[max(known.values)] if known.values else 0.0
    return known.status == "failed" and not math.isfinite(last)


def _avoided(records: Iterable[TrialRecord]) -> list[Complaint]:
    """Return the nodes on which every trial crashed, one complaint each."""
    return [
        Complaint(
            "avoided",
            f"The node {bad.host or bad.node} is avoided",
            f"{len(bad.trials)} trials crashed on it in a row without an epoch ({bad.reason}), and went on elsewhere; "
            f"Ray calls it {bad.node}",
            len(bad.trials),
            bad.trials[:MOST_TRIALS],
        )
        for bad in bad_nodes(records)
    ]


def _failed(records: Iterable[TrialRecord]) -> list[Complaint]:
    """Return failures by their reason, the most frequent first, and those that diverged together."""
    groups: dict[tuple[Kind, str], list[TrialRecord]] = {}
    for known in records:
        if known.status == "failed":
            kind: Kind = "diverged" if diverged(known) else "failed"
            key = kind, "" if kind == "diverged" else known.reason
            groups.setdefault(key, []).append(known)
    ordered = sorted(groups.items(), key=lambda item: -len(item[1]))
    return [_group(kind, those, those[0].reason or "no reason is recorded") for (kind, _), those in ordered]


def _restarted(records: Iterable[TrialRecord]) -> list[Complaint]:
    """Return the trials whose worker or driver died, and which went on."""
    cut = [(known, stint) for known in records for stint in known.stints if stint.ending in CUT_OFF]
    lived = [(known, stint) for known, stint in cut if known.status != "failed"]
    if not lived:
        return []
    reasons = dict.fromkeys(stint.reason for _, stint in lived if stint.reason)
    trials = list({known.number: known for known, _ in lived}.values())
    return [_group("restarted", trials, "\n".join(reasons) or "no reason is recorded")]


def _rejected(records: Iterable[TrialRecord]) -> list[Complaint]:
    those = [known for known in records if known.status == "rejected"]
    return [_group("rejected", those, those[0].reason or "by a constraint")] if those else []


WORDS = {
    "failed": "failed",
    "diverged": "diverged: the objective became no number",
    "restarted": "cut off, and went on or will",
    "rejected": "rejected by a constraint, before any training",
}


def _group(kind: Kind, those: Sequence[TrialRecord], reason: str) -> Complaint:
    count = len(those)
    title = f"{count:,} {'trial' if count == 1 else 'trials'} {WORDS[kind]}"
    return Complaint(kind, title, reason, count, tuple(known.number for known in those[:MOST_TRIALS]))
