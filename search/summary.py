"""The end of a search in words and figures: the top five, the gain, the winner's configuration, what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from search.console import progress_document
from search.costs import account_document, audit_text, forecast_text
from search.display import duration, epochs_text, point_text
from search.plan.command import command
from search.plan.objectives import attribute_text
from search.plan.writer import write_flow
from search.runs.interval import wilson
from search.runs.lease import origin_of
from search.runs.progress import Progress
from search.runs.run import Run, Trial
from search.unfinished import unfinished_text

TOP = 5

DEFAULTS = "# at their defaults:"
"""Stands between what a space names and all other settings."""

MOST_ON_FRONT = 10
"""Trials of the front that are printed; `--json` and `Run.front()` have all."""


@dataclass(frozen=True)
class Gain:
    """By how much the best trial beats the space's start recipe, both scored up to the same epoch.

    ``difference`` is positive where the best trial is better, also where a lower value is.
    """

    start: int
    epoch: int
    start_value: float
    best_value: float
    difference: float


def gain(run: Run) -> Gain | None:
    """Return the gain over the first start configuration; None where it or the best has no common epoch."""
    best = run.best()
    start = next((t for t in run.trials if t.record.origin == "start:0"), None)
    if best is None or start is None:
        return None
    epochs = run.plan.budget.epochs
    if best.record.horizon(epochs) != start.record.horizon(epochs):
        return None  # in the middle of a longer schedule a trial is worse than at the end of a shorter one
    epoch = max(best.record.values.keys() & start.record.values.keys(), default=0)
    ours, theirs = _score_at(run, best, epoch), _score_at(run, start, epoch)
    if ours is None or theirs is None:
        return None
    sign = 1 if run.scoring.maximize else -1
    return Gain(start.number, epoch, theirs, ours, sign * (ours - theirs))


def _score_at(run: Run, trial: Trial, epoch: int) -> float | None:
    return run.scoring.score({step: v for step, v in trial.record.values.items() if step <= epoch})


def score_text(run: Run, trial: Trial) -> str:
    """Return a trial's score with all that an honest number needs."""
    if trial.score is None:
        return "no score"
    metric = run.plan.objective.metric
    images = trial.validation_images
    best_epoch = f" (its best epoch, {run.scoring.epoch(trial.record.values)})" if run.scoring.at_best else ""
    said = f"{metric} {trial.score:.4f}{best_epoch}"
    if images is None:
        return said
    if metric != "val/accuracy":
        return f"{said} on {images:,} validation images, one seed"
    low, high = wilson(trial.score, images)
    return f"{said} on {images:,} validation images, one seed (95 % interval {low:.4f} to {high:.4f})"


def print_summary(console: Console, run: Run, reason: str, elapsed: float) -> None:
    """Print the end of a search."""
    stands = run.progress()
    console.print(
        Text.assemble("\n", (run.name, "bold"), f": {reason} ({duration(elapsed)})"), soft_wrap=True
    )
    console.print(f"{counts_text(stands)}; epochs: {epochs_text(stands)}")
    for failure, count in stands.failures.items():
        console.print(f"  failed {count}×: {failure}", markup=False)
    print_prospects(console, run)
    best = run.best()
    if best is None:
        console.print("No trial has finished an epoch.")
    else:
        console.print(f"\nThe best {TOP} by {run.plan.objective.metric}:", markup=False)
        print_ranking(console, run)
        print_front(console, run)
        _print_winner(console, run, best)
        _print_unfinished(console, run)
    _print_next(console, run, stands)


def print_prospects(console: Console, run: Run) -> None:
    """Print what more time is expected to bring, and how often early stopping was wrong where that was audited."""
    console.print(forecast_text(run.forecast()), markup=False)
    audit = audit_text(run.audit())
    if audit:
        console.print(f"Early stopping: {audit}.", markup=False)


def print_ranking(console: Console, run: Run) -> None:
    """Print the first of the ranking: a line of figures each, and below it what was searched."""
    for place, trial in enumerate(run.ranking()[:TOP], start=1):
        score = "" if trial.score is None else f"{trial.score:.4f}"
        epochs = "1 epoch" if trial.epochs == 1 else f"{trial.epochs} epochs"
        figures = f"{score}  {epochs}, {trial.status}, {duration(trial.seconds)} of training"
        console.print(f"{place}. [bold]trial {trial.number}[/bold]  {figures}")
        console.print(Padding(Text(point_text(searched(run, trial)), style="dim"), (0, 0, 0, 3)))


def print_front(console: Console, run: Run) -> None:
    """Print the trade-offs, where a search has several objectives: each completed trial that none dominates."""
    goals = run.plan.goals
    if not goals:
        return
    console.print(f"\nThe front of {', '.join([run.plan.objective.metric, *(g.attribute for g in goals)])}:")
    for trial in run.front()[:MOST_ON_FRONT]:
        figures = "  ".join(
            f"{name} {attribute_text(value)}" for name, value in trial.record.attributes.items()
        )
        console.print(f"[bold]trial {trial.number}[/bold]  {trial.score:.4f}  {figures}")


def searched(run: Run, trial: Trial) -> Mapping[str, Any]:
    """Return what of a point was searched, and what lies outside a space that was changed since.

    Parameters that are fixed, and always were, say nothing about a trial.
    """
    space = run.plan.space
    return {
        name: value
        for name, value in trial.point.items()
        if name not in space or space[name].domain.size() > 1 or not space[name].domain.contains(value)
    }


def settings_yaml(trial: Trial) -> str:
    """Return a trial's complete settings as YAML, one a line: what its space names, then what has its default."""
    named, defaults = _parted(trial)
    return "\n".join([_yaml(named), *([DEFAULTS, _yaml(defaults)] if defaults else [])])


def _parted(trial: Trial) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what the space of a trial names, in its order and only what the trial uses, and what has its default."""
    known = _settings(trial)
    named = {name: known[name] for name in trial.point if name in known}
    return named, {name: value for name, value in known.items() if name not in named}


def _yaml(settings: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}: {write_flow(value)}" for name, value in settings.items())


def counts_text(stands: Progress) -> str:
    """Return how many trials there are of each status."""
    counts = [f"{n} {status}" for status, n in sorted(stands.counts.items()) if n and status != "rejected"]
    rejected = stands.counts.get("rejected")
    more = [f"{rejected} rejected"] if rejected else []
    more += [f"{stands.aside} earlier ones on a schedule of another length"] if stands.aside else []
    return "; ".join([f"{stands.trials} trials: {', '.join(counts)}", *more])


def summary_document(run: Run, reason: str, elapsed: float) -> dict[str, Any]:
    """Return the same for machines."""
    best, over = run.best(), gain(run)
    images = best.validation_images if best else None
    return {
        "run": str(run.layout.root),
        "reason": reason,
        "elapsed": round(elapsed, 3),
        "metric": run.plan.objective.metric,
        "split": "validation",
        "images": images,
        "seeds": 1,
        **progress_document(run.progress()),
        **account_document(run.account),
        "ranking": [
            {
                "trial": trial.number,
                "score": trial.score,
                "epochs": trial.epochs,
                "status": trial.status,
                "point": dict(trial.point),
            }
            for trial in run.ranking()[:TOP]
        ],
        "front": [
            {"trial": trial.number, "score": trial.score, **trial.record.attributes} for trial in run.front()
        ]
        if run.plan.goals
        else None,
        "gain": None if over is None else vars(over),
        "winner": None if best is None else {"trial": best.number, "settings": _settings(best)},
    }


def _settings(trial: Trial) -> dict[str, Any]:
    return dict(trial.config.settings) if trial.config else dict(trial.point)


def _print_winner(console: Console, run: Run, best: Trial) -> None:
    console.print(f"\nAhead: trial {best.number}, {score_text(run, best)}.", markup=False)
    tried = len(run.ranking())
    if tried > 1:
        console.print(f"It was chosen as the best of {tried}, so this figure is optimistic.")
    over = gain(run)
    if over is not None and over.start != best.number:
        console.print(
            f"Gain over the start recipe (trial {over.start}), both at epoch {over.epoch}: "
            f"{over.difference:+.4f} ({over.start_value:.4f} to {over.best_value:.4f}).",
            markup=False,
        )
    elif over is not None:
        console.print(f"The start recipe (trial {over.start}) is itself the best so far.", markup=False)
    console.print("\nIts configuration:")
    named, defaults = _parted(best)
    console.print(_yaml(named), markup=False, style="cyan")
    if defaults:
        console.print(f"and {len(defaults)} settings at their defaults, which stand in its trial.json.")


def _print_unfinished(console: Console, run: Run) -> None:
    if text := unfinished_text(run, command("resume", *_known_as(run))):
        console.print(f"\n{text}", markup=False, soft_wrap=True)


def _print_next(console: Console, run: Run, stands: Progress) -> None:
    root = str(run.layout.root)
    best = run.best()
    rows = [("everything", root)]
    weights = best.weights if best is not None else None
    if weights is not None:
        rows.append(("weights", str(weights)))
    unfinished = stands.finished < stands.budget
    rows += [
        ("go on", command("resume", *_known_as(run), *(() if unfinished else ("--trials", "+32")))),
        ("look", "python -m dashboard"),
        ("", shlex.join(["tensorboard", "--logdir", str(run.layout.root.parent)])),
    ]
    console.print()
    for label, text in rows:
        console.print(f"{label:11} {text}", markup=False, soft_wrap=True)


def _known_as(run: Run) -> tuple[str, ...]:
    """Return what a verb that goes on with a run is told: its folder, or its name and cluster where this is a copy."""
    origin = origin_of(run.layout)
    return (str(run.layout.root),) if origin is None else origin.known_as
