"""The live display of a search as a plain value: made where the search runs, drawn there or on another machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from search.costs import advice_line, audit_text, forecast_line, hours_text, rungs_text, spent_text
from search.plan.mistake import word

if TYPE_CHECKING:  # Optuna is behind them: half a second that --help should not take
    from search.runs.account import Account
    from search.runs.progress import Progress
    from search.training.data.headway import Headway


@dataclass(frozen=True)
class Display:
    """What is seen of a search at one moment.

    ``name`` is the run's; ``done`` of ``total`` is the bar's; ``headline`` stands beside it; ``rows`` are (label,
    text); ``configuration`` is the best trial's, in one line, empty where there is none. ``line`` is all of it for a
    log.
    """

    name: str
    done: int
    total: int
    headline: str
    rows: tuple[tuple[str, str], ...]
    configuration: str
    line: str

    def to_json(self) -> dict[str, Any]:
        """Return it for machines."""
        return asdict(self)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Display:
        """Read what `to_json` made.

        Raises:
            TypeError, ValueError: it is something else.
        """
        rows = tuple((str(label), str(text)) for label, text in document["rows"])
        return cls(**{**document, "rows": rows})


def display_of(
    name: str, metric: str, stands: Progress, account: Account, *, images_per_second: float, elapsed: float
) -> Display:
    """Return what is to be seen of a search.

    Args:
        name: of the run.
        metric: of its objective.
        stands: where it stands.
        account: what it has cost.
        images_per_second: of all workers.
        elapsed: seconds since this call of the search began.
    """
    left = f", about {duration(stands.seconds_left)} left" if stands.seconds_left is not None else ""
    return Display(
        name=name,
        done=stands.finished,
        total=max(stands.budget, 1),
        headline=f"{stands.finished} of {stands.budget} trials, {duration(elapsed)}{left}",
        rows=tuple(row for row in _rows(metric, stands, account, images_per_second) if row[1]),
        configuration="" if stands.best is None else point_text(stands.best.point),
        line=f"{duration(elapsed)}  {plain_line(metric, stands, images_per_second)}",
    )


def headway_display(name: str, headway: Headway) -> Display:
    """Return what is to be seen before a search begins, while its images are decoded.

    Args:
        name: of the run.
        headway: how far that is.
    """
    images = f"{headway.total:,} images"
    ended = headway.done == headway.total
    begun = f"{headway.doing} {images}, once on this machine; about {duration(headway.left)} left"
    return Display(
        name=name,
        done=headway.done,
        total=headway.total,
        headline=f"{headway.done:,} of {images}",
        rows=(("images", begun),),
        configuration="",
        line=f"{headway.doing} {images} took {duration(headway.seconds)}" if ended else begun,
    )


def live_view(display: Display) -> RenderableType:
    """Return a display as a terminal draws it, at most 80 columns wide."""
    head = Table.grid(padding=(0, 1))
    head.add_row(
        Text(display.name, style="bold"),
        ProgressBar(total=display.total, completed=display.done, width=20),
        Text(display.headline),
    )
    body = Table.grid(padding=(0, 2))
    for label, text in display.rows:
        body.add_row(Text(label, style="dim"), Text(text))
    if display.configuration:
        body.add_row("", Text(display.configuration, style="dim", overflow="fold"))
    return Group(head, body)


def _rows(metric: str, stands: Progress, account: Account, images_per_second: float) -> list[tuple[str, str]]:
    """Return the lines below the bar with their labels; an empty one is left out."""
    statuses = ("running", "waiting", "completed", "stopped", "failed")
    others = (status for status, count in stands.counts.items() if count and status not in statuses)
    shown = (*statuses, *others)  # some were rejected, some wait for a worker
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
        ("spent", spent_text(account.spent)),
        *(("node", sentence) for sentence in account.bad_nodes),
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


def duration(seconds: float) -> str:
    """Return a duration in words: `3.2 s` below a minute, else `h:mm:ss`."""
    return f"{seconds:.1f} s" if seconds < 59.95 else str(timedelta(seconds=round(seconds)))


def value_text(value: Any) -> str:
    """Return a value as a person reads it: four digits of a float, `true` and `false` as in a space."""
    return f"{value:.4g}" if isinstance(value, float) else word(value)
