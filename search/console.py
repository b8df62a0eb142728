"""What a person, or a program, reads in the terminal while a search runs and when it has ended."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from search.costs import (
    account_document,
    advice_line,
    audit_text,
    forecast_line,
    hours_text,
    rungs_text,
)

if TYPE_CHECKING:  # Optuna is behind them: half a second that --help should not take
    from search.runs.account import Account
    from search.runs.progress import Progress

PLAIN_EVERY = 5.0
"""Seconds between two lines where the output is no terminal."""


class Reporter:
    """Shows a search in one of three ways: live on a terminal, lines elsewhere, JSON lines for machines.

    Args:
        name: of the run.
        metric: of the objective.
        as_json: one JSON object a line on standard output, nothing else.
    """

    def __init__(self, name: str, metric: str, *, as_json: bool) -> None:
        self.console = Console(highlight=False)
        self._name = name
        self._metric = metric
        self._json = as_json
        self._live: Live | None = None
        self._said = 0.0
        self._last = ""

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the live display while this is entered, where there is a terminal."""
        if self._json or not self.console.is_terminal:
            yield
            return
        waiting = Text("Starting the workers …", style="dim")
        with Live(waiting, console=self.console, auto_refresh=False, transient=True) as self._live:
            yield
        self._live = None

    def say(self, text: str) -> None:
        """Print a line for the user."""
        if self._json:
            print_json(event="message", text=text)
        else:
            self.console.print(text, soft_wrap=True, markup=False)

    def show(self, stands: Progress, account: Account, *, images_per_second: float, elapsed: float) -> None:
        """Show how the search stands, and what it has cost."""
        if self._live is not None:
            view = live_view(
                self._name,
                self._metric,
                stands,
                account,
                images_per_second=images_per_second,
                elapsed=elapsed,
            )
            self._live.update(view, refresh=True)
            return
        now = time.monotonic()
        due = now - self._said >= (1.0 if self._json else PLAIN_EVERY)
        line = plain_line(self._metric, stands, images_per_second)
        if not due or line == self._last:
            return
        self._said, self._last = now, line
        if self._json:
            print_json(
                event="progress",
                elapsed=round(elapsed, 3),
                images_per_second=images_per_second,
                **progress_document(stands),
                **account_document(account),
            )
        else:
            self.console.print(f"{duration(elapsed)}  {line}", markup=False, soft_wrap=True)


def live_view(
    name: str, metric: str, stands: Progress, account: Account, *, images_per_second: float, elapsed: float
) -> RenderableType:
    """Return the live display, at most 80 columns wide."""
    left = f", about {duration(stands.seconds_left)} left" if stands.seconds_left is not None else ""
    head = Table.grid(padding=(0, 1))
    head.add_row(
        Text(name, style="bold"),
        ProgressBar(total=max(stands.budget, 1), completed=stands.finished, width=20),
        Text(f"{stands.finished} of {stands.budget} trials, {duration(elapsed)}{left}"),
    )
    body = Table.grid(padding=(0, 2))
    for label, text in _live_rows(metric, stands, account, images_per_second):
        if text:
            body.add_row(Text(label, style="dim"), Text(text))
    if stands.best is not None:
        body.add_row("", Text(point_text(stands.best.point), style="dim", overflow="fold"))
    return Group(head, body)


def _live_rows(
    metric: str, stands: Progress, account: Account, images_per_second: float
) -> list[tuple[str, str]]:
    """Return the lines of the live display with their labels; an empty one is left out."""
    statuses = ("running", "waiting", "completed", "stopped", "failed")
    shown = (*statuses, "rejected") if stands.counts.get("rejected") else statuses
    best = (
        f"{metric} {stands.best_score:.4f}, trial {stands.best.number} at epoch {stands.best_epoch}"
        if stands.best is not None and stands.best_score is not None
        else ""
    )
    return [
        ("trials", "  ".join(f"{status} {stands.counts.get(status, 0)}" for status in shown)),
        ("speed", f"{images_per_second:,.0f} images/s"),
        ("epochs", epochs_text(stands)),
        ("", rungs_text(account.ledger)),
        ("outlook", forecast_line(account.forecast)),
        ("", advice_line(account.forecast)),
        ("audit", audit_text(account.audit)),
        ("best", best),
    ]


def plain_line(metric: str, stands: Progress, images_per_second: float) -> str:
    """Return one line for a log."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(stands.counts.items()))
    best = (
        f"; best {metric} {stands.best_score:.4f} (trial {stands.best.number})"
        if stands.best is not None and stands.best_score is not None
        else ""
    )
    of = f" ({counts})" if counts else ""
    return (
        f"{stands.finished} of {stands.budget} trials{of}; {images_per_second:,.0f} images/s"
        f"; {stands.epochs_saved} epochs saved{best}"
    )


def progress_document(stands: Progress) -> dict[str, Any]:
    """Return a progress for machines."""
    return {
        "counts": dict(stands.counts),
        "finished": stands.finished,
        "budget": stands.budget,
        "epochs_spent": stands.epochs_spent,
        "epochs_saved": stands.epochs_saved,
        "seconds_left": stands.seconds_left,
        "best": None
        if stands.best is None
        else {"trial": stands.best.number, "score": stands.best_score, "point": dict(stands.best.point)},
        "failures": dict(stands.failures),
    }


def epochs_text(stands: Progress) -> str:
    """Return what was spent and what early stopping saved, in words."""
    full = stands.epochs_spent + stands.epochs_saved
    share = (
        f" ({stands.epochs_saved / full:.0%}, about {hours_text(stands.seconds_saved / 3600)})"
        if full
        else ""
    )
    return f"{stands.epochs_spent} trained, {stands.epochs_saved} saved by early stopping{share}"


def point_text(point: Any) -> str:
    """Return a configuration in one line."""
    return "  ".join(f"{name}={value_text(value)}" for name, value in point.items())


def value_text(value: Any) -> str:
    """Return a value as a person reads it: four digits of a float."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def duration(seconds: float) -> str:
    """Return a duration in words: `3.2 s` below a minute, else `h:mm:ss`."""
    return f"{seconds:.1f} s" if seconds < 59.95 else str(timedelta(seconds=round(seconds)))


def one_line(name: str) -> str:
    """Return a name from outside (a file's, a class's) as one line that any terminal takes: it need not be UTF-8."""
    return name if name.isprintable() else ascii(name)[1:-1]


def print_json(**document: Any) -> None:
    """Print one JSON object on a line; NaN and infinity, which JSON lacks, become null."""
    print(json.dumps(_finite(document)), flush=True)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value
