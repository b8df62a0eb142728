"""One trial in full: its facts, stints, decisions, timing, and the script that trains it again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dashboard.prepare.moments import moment
from dashboard.prepare.states import STATUS_TEXT
from search.costs import hours_text
from search.display import duration
from search.runs.record import RungDecision
from search.runs.run import Run, Trial
from search.summary import score_text, settings_yaml

Columns = Mapping[str, list[Any]]

SPEED = "train/images_per_second"


def facts(run: Run, trial: Trial) -> dict[str, str]:
    """Return what is to be known first of a trial: by name, in words."""
    place = next(
        (place for place, one in enumerate(run.ranking(), start=1) if one.number == trial.number), None
    )
    found = {
        "Status": STATUS_TEXT.get(trial.status, trial.status),
        "Place": f"{place:,} of {len(run.ranking()):,}" if place else "none",
        "Score": "none" if trial.score is None else f"{trial.score:.4f}",
        "Epochs": f"{trial.epochs} of {trial.record.horizon(run.plan.budget.epochs)}",
        "Training": hours_text(trial.seconds / 3600) if trial.seconds else "unknown",
    }
    if trial.epochs and trial.seconds:
        found["An epoch"] = duration(trial.seconds / trial.epochs)
    speed = trial.metrics.get(SPEED, math.nan)
    if math.isfinite(speed):
        found["Speed"] = f"{speed:,.0f} images/s"
    return found


def said(run: Run, trial: Trial) -> list[str]:
    """Return sentences on a trial: its score with what it rests on, where it came from, why it ended."""
    sentences = [score_text(run, trial) + "." if trial.score is not None else "It has no score yet."]
    if trial.status == "stopped":
        sentences.append("It was stopped early: it is behind every completed trial, whatever its score.")
    if trial.record.reason:
        sentences.append(f"Reason: {trial.record.reason}.")
    if trial.record.copied:
        sentences.append(f"It was trained in {trial.record.copied.study}.")
    sentences.append(
        f"Read from: {trial.record.origin}."
        if run.foreign
        else f"Proposed by: {trial.record.origin}. Seed {trial.record.seed}."
    )
    return sentences


def configuration(trial: Trial) -> str:
    """Return a trial's settings as YAML: all of them where they are known, else its point of the space."""
    return settings_yaml(trial)


def stints(trial: Trial) -> Columns:
    """Return a row for each stretch of the trial on one worker."""
    rows = [
        {
            "attempt": stint.attempt,
            "host": stint.host,
            "device": stint.device,
            "from epoch": stint.from_step + 1,
            "start": moment(stint.start),
            "end": moment(stint.end),
            "lasted": duration(stint.end - stint.start) if stint.end is not None else "",
            "ending": stint.ending or "under way",
            "reason": stint.reason,
        }
        for stint in trial.record.stints
    ]
    return _columns(rows)


def decisions(run: Run, trial: Trial) -> Columns:
    """Return a row for each rung that the trial came to: its value, the cut-off then, and what was decided."""
    sign = 1 if run.scoring.maximize else -1
    rows = [
        {
            "epoch": step,
            "bracket": rung.bracket,
            "value": report.value,
            "cut-off": math.nan if rung.cutoff is None else rung.cutoff,
            "ahead by": math.nan if rung.cutoff is None else sign * (report.value - rung.cutoff),
            "trials there": rung.standing,
            "decision": _decision(report.decision, rung),
        }
        for step, report in trial.record.reports.items()
        for rung in report.rungs
    ]
    return _columns(rows)


def script(run: Run, trial: Trial) -> str:
    """Return Python code that trains the trial again, epoch by epoch; empty where its configuration is not known."""
    if trial.config is None or run.foreign:
        return ""
    stop = trial.epochs < trial.config.epochs
    lines = [
        "import search",
        "from search.plan.plugins import load_plugins",
        "from search.training.data import load_data",
        "from search.training.fit import fit",
        "",
        f"run = search.open_run({str(run.layout.root)!r})",
        f"config = run.trial({trial.number}).config",
        "load_plugins(config.plugins)",
        "data = load_data(config.data, directory=run.plan.data.folder)",
        "for report in fit(config, data):",
        f"    print(report.epoch, report.metrics[{run.plan.objective.metric!r}])",
        *([f"    if report.epoch == {trial.epochs}:  # it came no further", "        break"] if stop else []),
    ]
    return "\n".join(lines) + "\n"


def label(run: Run, trial: Trial) -> str:
    """Return a trial in a few words, for a list."""
    best = run.best()
    score = "" if trial.score is None else f" · {trial.score:.4f}"
    ahead = " · best" if best is not None and best.number == trial.number else ""
    return f"trial {trial.number} · {STATUS_TEXT.get(trial.status, trial.status)}{score}{ahead}"


def _decision(decision: str, rung: RungDecision) -> str:
    if rung.audited:
        return "let live, to see whether stopping would have been wrong"
    if rung.front:
        return "went on: nobody there was better in every objective"
    return (
        "went on" if rung.keep else {"stop": "stopped", "pause": "paused"}.get(decision, "behind the cut-off")
    )


def _columns(rows: list[dict[str, Any]]) -> Columns:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
