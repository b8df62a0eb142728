"""What the driver keeps in a trial's folder when a stint ends: trial.json, logits, the weights that matter."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from search.plan.trial_config import TrialConfig
from search.runs.events import EventWriter
from search.runs.layout import RunLayout, TrialLayout, write_json
from search.runs.logs.folder import LogFolder
from search.runs.predictions import count_images
from search.runs.ranking import Scoring, rank
from search.runs.record import ENDED, TrialRecord

FORMAT = 1
KEEP = 5
"""Checkpoints of that many of the best completed trials stay; those of trials that may go on stay, too."""


def keep_trial(
    layout: RunLayout,
    record: TrialRecord,
    config: TrialConfig,
    metrics: Mapping[str, float] | None = None,
) -> None:
    """Write all that is derived from a trial's record, when a stint has ended or after a crash.

    ``metrics`` are those of the last epoch where they are at hand; else they are read from the event files.
    """
    folder = layout.trial(record.number)
    keep_predictions(folder, record)
    if record.status in ENDED:
        _write_end(folder, record)
    if metrics is None:
        metrics = last_metrics(folder, record)
    # Workers wait for the driver meanwhile: of a trial that goes on the file is written again at its end.
    durable = record.status in ENDED
    write_json(folder.document, document(folder, record, config, metrics), durable=durable)


def keep_predictions(folder: TrialLayout, record: TrialRecord) -> None:
    """Move what a trial's last recorded epoch said of the images to where it is looked for, if it is not there yet."""
    if record.last is not None:
        attempt = folder.attempt(record.last.attempt)
        for source, kept in ((attempt.validation, folder.validation), (attempt.test, folder.test)):
            if source.is_file():
                source.replace(kept)


def validation_images(folder: TrialLayout) -> int | None:
    """Return how many images a trial was scored on; None before its logits are kept, or where they are damaged."""
    return count_images(folder.validation)


def document(
    folder: TrialLayout, record: TrialRecord, config: TrialConfig, metrics: Mapping[str, float]
) -> dict[str, Any]:
    """Return what stands in trial.json."""
    return {
        "format": FORMAT,
        "number": record.number,
        "status": record.status,
        "reason": record.reason,
        "origin": record.origin,
        "epochs": record.step,
        "seconds": record.seconds,
        "config": config.to_json(),
        "fingerprint": config.fingerprint(),
        "metrics": dict(metrics),
        "checkpoint": record.last.checkpoint if record.last else None,
        "stints": [asdict(stint) for stint in record.stints],
        "environment": _environment(folder),
    }


def kept_status(layout: RunLayout, number: int) -> str | None:
    """Return the status that a trial's trial.json says; None where there is none, or a power cut has emptied it."""
    try:
        document = json.loads(layout.trial(number).document.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    status: str = document["status"]
    return status


def recorded_scalars(folder: TrialLayout, record: TrialRecord) -> dict[str, dict[int, float]]:
    """Read a trial's curves from its event files: tag, then step, then value, for the steps that are recorded.

    A step that was trained twice (its worker or driver died too early) has the value of the attempt that the
    study has recorded, so that all metrics of a step belong together.
    """
    curves: dict[str, dict[int, float]] = {}
    if not record.reports:
        return curves
    logs = LogFolder(folder.folder).refresh()
    written = {run.name for run in logs.runs}
    for attempt in sorted({report.attempt for report in record.reports.values()}):
        steps = {step for step, report in record.reports.items() if report.attempt == attempt}
        for tag in logs.tags_of(str(attempt)) if str(attempt) in written else ():
            found = logs.series(str(attempt), tag)
            told = zip(found.steps.tolist(), found.values.tolist(), strict=True)
            curves.setdefault(tag, {}).update({step: value for step, value in told if step in steps})
    return {tag: dict(sorted(curve.items())) for tag, curve in curves.items() if curve}


def last_metrics(folder: TrialLayout, record: TrialRecord) -> dict[str, float]:
    """Return each metric's value at a trial's last recorded step."""
    return {tag: curve[max(curve)] for tag, curve in recorded_scalars(folder, record).items()}


def prune_checkpoints(
    layout: RunLayout, records: Sequence[TrialRecord], ended: Iterable[int], scoring: Scoring
) -> set[int]:
    """Delete the weights that nobody will need, now that trials have ended.

    A loser keeps none; a completed trial keeps its last as long as it is among the best.

    Returns:
        The trials whose weights may be others now.
    """
    ended = list(ended)
    # Who did not complete displaces nobody, and most trials do not: at 10,000 trials ranking them took half of a look.
    moved = any(records[number].status == "completed" for number in ended)
    best = rank((record for record in records if moved and record.status == "completed"), scoring)
    displaced = best[KEEP : KEEP + len(ended)]
    keep = {record.number: record for record in best[:KEEP]}
    touched = {*ended, *(record.number for record in displaced)}
    for number in touched:
        last = keep[number].last if number in keep else None
        for attempt in layout.trial(number).attempts():
            for path in attempt.weights():
                if last is None or layout.relative(path) != last.checkpoint:
                    path.unlink(missing_ok=True)
            for torn in attempt.folder.glob(".*.partial"):  # its writer was killed
                torn.unlink(missing_ok=True)
    return touched


def _write_end(folder: TrialLayout, record: TrialRecord) -> None:
    attempt = folder.attempt(record.attempt).folder
    if attempt.is_dir() and not list(attempt.glob("*.end")):
        writer = EventWriter(attempt, suffix=".end")
        writer.end("failure" if record.status == "failed" else "success")
        writer.close()


def _environment(folder: TrialLayout) -> Mapping[str, str]:
    for attempt in reversed(folder.attempts()):
        try:
            found: Mapping[str, str] = json.loads(attempt.environment.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):  # none yet, or a power cut has emptied it
            continue
        return found
    return {}
