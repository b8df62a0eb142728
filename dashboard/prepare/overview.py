"""The overview of a run: its figures, and its best trial in words."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.prepare.states import State, counts_line
from search.console import duration, value_text
from search.runs.progress import Progress
from search.runs.run import Run, Trial
from search.summary import gain, score_text, searched


@dataclass(frozen=True)
class Figure:
    """A number with its name, and a line below it."""

    name: str
    value: str
    note: str


@dataclass(frozen=True)
class Best:
    """The best trial: how good, how sure, by how much better than the start recipe, which settings."""

    trial: int
    score: str
    caveat: str
    gain: str
    settings: dict[str, str]


def figures(run: Run, state: State) -> list[Figure]:
    """Return the figures of a run in the order in which they matter."""
    stands = run.progress()
    best = "–" if stands.best_score is None else f"{stands.best_score:.4f}"
    ahead = (
        "no epoch yet" if stands.best is None else f"trial {stands.best.number}, epoch {stands.best_epoch}"
    )
    return [
        Figure(f"Best {run.plan.objective.metric}", best, ahead),
        Figure("Trials ended", f"{stands.finished} of {stands.budget}", counts_line(stands)),
        Figure(
            "Epochs trained", f"{stands.epochs_spent:,}", f"in {duration(stands.seconds_spent)} of training"
        ),
        Figure("Epochs saved", _share_saved(stands), f"{stands.epochs_saved:,} by early stopping"),
        _time(run, stands, state),
    ]


def _share_saved(stands: Progress) -> str:
    full = stands.epochs_spent + stands.epochs_saved
    return f"{stands.epochs_saved / full:.0%}" if full else "–"


def _time(run: Run, stands: Progress, state: State) -> Figure:
    if state == "running":
        left = "–" if stands.seconds_left is None else duration(stands.seconds_left)
        return Figure("Time left", left, "an estimate")
    return Figure("Time taken", duration(elapsed(run)), "first start to last end")


def elapsed(run: Run) -> float:
    """Return the seconds from the first stint's start to the last one's end; 0 before the first."""
    stints = [stint for trial in run.trials for stint in trial.record.stints]
    if not stints:
        return 0.0
    return max(stint.end or stint.start for stint in stints) - min(stint.start for stint in stints)


def best(run: Run) -> Best | None:
    """Return the best trial; None before the first epoch."""
    trial = run.best()
    if trial is None:
        return None
    tried = run.progress().trials
    return Best(
        trial=trial.number,
        score=score_text(run, trial),
        caveat=f"Chosen as the best of {tried}, so the figure is optimistic." if tried > 1 else "",
        gain=gain_text(run, trial),
        settings={name: value_text(value) for name, value in searched(run, trial).items()},
    )


def gain_text(run: Run, ahead: Trial) -> str:
    """Return by how much the best trial beats the start recipe, in a sentence; empty where none ran."""
    over = gain(run)
    if over is None:
        return ""
    if over.start == ahead.number:
        return f"The start recipe (trial {over.start}) is itself the best so far."
    values = f"{over.start_value:.4f} to {over.best_value:.4f}"
    return (
        f"{over.difference:+.4f} over the start recipe (trial {over.start}) at epoch {over.epoch}: {values}."
    )
