"""The overview of a run in figures and words: how it stands, its best trial, what lies ahead, what was saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboard.prepare.states import STATUS_TEXT, State
from search.costs import audit_text, forecast_text, hours_text, spent_text
from search.display import duration, value_text
from search.plan.objectives import ATTRIBUTES, number
from search.runs.account import Account
from search.runs.ledger import Ledger
from search.runs.progress import Progress
from search.runs.record import Status, Stint
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


def figures(run: Run, state: State, *, now: float | None = None) -> list[Figure]:
    """Return the figures of a run in the order in which they matter.

    Args:
        run: as it stands.
        state: of the run.
        now: seconds since 1970; stints of a running search last until then.
    """
    stands = run.progress()
    best = "–" if stands.best_score is None else f"{stands.best_score:.4f}"
    ahead = (
        "no epoch yet" if stands.best is None else f"trial {stands.best.number}, epoch {stands.best_epoch}"
    )
    completed = stands.counts.get("completed", 0)
    saved = f"{stands.epochs_saved:,}, about {hours_text(stands.seconds_saved / 3600)}"
    return [
        Figure(f"Best {run.plan.objective.metric}", best, ahead),
        Figure("Trials ended", f"{stands.finished:,} of {stands.budget:,}", f"{completed:,} completed"),
        Figure(
            "Epochs trained",
            f"{stands.epochs_spent:,}",
            f"{hours_text(stands.seconds_spent / 3600)} of training",
        ),
        Figure("Epochs saved", share_saved(stands), saved),
        _time(run, stands, state, now),
    ]


COLORS: Mapping[Status, str] = {
    "completed": "blue",
    "stopped": "gray",
    "running": "green",
    "waiting": "orange",
    "failed": "red",
    "rejected": "violet",
}
"""Of the badges; each says its status in words, too."""


def counts(stands: Progress) -> list[tuple[str, str]]:
    """Return how many trials there are of each status, and the color of its badge."""
    return [
        (f"{stands.counts[status]:,} {text}", COLORS[status])
        for status, text in STATUS_TEXT.items()
        if stands.counts.get(status)
    ]


def share_saved(stands: Progress) -> str:
    """Return the share of all epochs that early stopping saved."""
    full = stands.epochs_spent + stands.epochs_saved
    return f"{stands.epochs_saved / full:.0%}" if full else "–"


def _time(run: Run, stands: Progress, state: State, now: float | None) -> Figure:
    if state == "running":
        left = "–" if stands.seconds_left is None else f"about {duration(round(stands.seconds_left))}"
        return Figure("Time left", left, f"{duration(elapsed(run, now))} so far")
    return Figure("Time taken", duration(elapsed(run)), "first start to last end")


def elapsed(run: Run, now: float | None = None) -> float:
    """Return the seconds from the first stint's start to the last one's end; 0 before the first.

    Args:
        run: as it stands.
        now: seconds since 1970, to which stints without an end last; None: nobody drives them, and they count as
            their start.
    """
    stints = [stint for trial in run.trials for stint in trial.record.stints]
    if not stints:
        return 0.0
    return max(_last_seen(stint, now) for stint in stints) - min(stint.start for stint in stints)


def _last_seen(stint: Stint, now: float | None) -> float:
    if stint.end is not None:
        return stint.end
    return stint.start if now is None else max(now, stint.start)


def best(run: Run) -> Best | None:
    """Return the best trial; None before the first epoch."""
    trial = run.best()
    if trial is None:
        return None
    scored = len(run.ranking())
    return Best(
        trial=trial.number,
        score=score_text(run, trial),
        caveat=f"Chosen as the best of {scored:,}, so the figure is optimistic." if scored > 1 else "",
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


def outlook(account: Account) -> list[str]:
    """Return what more time would bring, and how often early stopping was wrong, a sentence each."""
    audit = audit_text(account.audit)
    spent = spent_text(account.spent)
    said = [f"Early stopping: {audit}."] if audit else []
    return [forecast_text(account.forecast), *said, *([f"Spent: {spent}."] if spent else [])]


def savings(ledger: Ledger) -> list[tuple[str, ...]]:
    """Return what was spent and saved, a row each: between two rungs, for each architecture, and in all.

    Columns: part, trials, epochs, time (in the ledger's unit), epochs saved, time saved.
    """
    architectures = ledger.architectures if len(ledger.architectures) > 1 else ()
    parts = [(f"epochs {cost.name}", cost) for cost in ledger.rungs]
    parts += [(cost.name, cost) for cost in (*architectures, ledger.total)]
    return [
        (
            "in all" if cost is ledger.total else name,
            f"{cost.trials:,}",
            f"{cost.epochs:,}",
            hours_text(cost.hours),
            f"{cost.epochs_saved:,}",
            hours_text(cost.hours_saved),
        )
        for name, cost in parts
    ]


def label(attribute: str) -> str:
    """Return an attribute with its unit, as an axis names it."""
    known = ATTRIBUTES.get(attribute)
    name = attribute.removesuffix(f"_{known.unit}") if known and known.unit else attribute
    return f"{name} ({known.unit})" if known and known.unit else name


def bounds(run: Run) -> list[str]:
    """Return the plan's constraints, a text each."""
    return [f"{label(one.attribute)} {one.relation} {number(one.bound)}" for one in run.plan.constraints]


@dataclass(frozen=True, eq=False)
class Tradeoff:
    """The completed trials by columns: trial, score, front (no other one is better in every objective), attributes."""

    columns: Mapping[str, list[Any]]
    attributes: tuple[str, ...]


def tradeoff(run: Run) -> Tradeoff | None:
    """Return how scores and attributes go together; None where the plan names no attribute or none has completed."""
    names = run.plan.attributes
    trials = [trial for trial in run.trials if trial.status == "completed" and trial.score is not None]
    if not names or not trials:
        return None
    best = {trial.number for trial in run.front()}
    columns: dict[str, list[Any]] = {
        "trial": [trial.number for trial in trials],
        "score": [trial.score for trial in trials],
        "front": [trial.number in best for trial in trials],
        **{name: [trial.record.attributes.get(name) for trial in trials] for name in names},
    }
    return Tradeoff(columns, names)
