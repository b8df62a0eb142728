"""What a person, or a program, reads in the terminal while a search runs and when it has ended."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from search.costs import account_document
from search.display import Display, display_of, headway_display, live_view

if TYPE_CHECKING:  # Optuna is behind them: half a second that --help should not take
    from search.runs.progress import Progress
    from search.runs.snapshot import Snapshot
    from search.training.data.headway import Headway

PLAIN_EVERY = 5.0
"""Seconds between two lines where the output is no terminal."""

WAITING = Text("Starting the workers …", style="dim")


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
        self.as_json = as_json
        self._live: Live | None = None
        self._said = 0.0
        self._last: tuple[object, ...] = ()
        self._passing = ""

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Show the live display while this is entered, where there is a terminal."""
        if self.as_json or not self.console.is_terminal:
            yield
            return
        with Live(WAITING, console=self.console, auto_refresh=False, transient=True) as self._live:
            yield
        self._live = None

    def say(self, text: str) -> None:
        """Print a line for the user."""
        if self.as_json:
            print_json(event="message", text=text)
        else:
            self.console.print(text, soft_wrap=True, markup=False)

    def show(self, snapshot: Snapshot) -> None:
        """Show how the search stands, and what it has cost."""
        if not self._due():
            return
        display = display_of(
            self._name,
            self._metric,
            snapshot.progress,
            snapshot.account,
            images_per_second=snapshot.images_per_second,
            elapsed=snapshot.elapsed,
        )
        if not self.as_json:
            self.draw(display)
        elif self._new(display):
            print_json(
                event="progress",
                elapsed=round(snapshot.elapsed, 3),
                images_per_second=snapshot.images_per_second,
                **progress_document(snapshot.progress),
                **account_document(snapshot.account),
                display=display.to_json(),
            )

    def headway(self, headway: Headway) -> None:
        """Show how far the images are decoded: live on a terminal, elsewhere a line at the beginning and at the end."""
        display = headway_display(self._name, headway)
        ended = headway.done == headway.total
        if self._live is not None:
            self._live.update(WAITING if ended else live_view(display), refresh=True)
        elif ended or headway.doing != self._passing:
            self.say(display.line)
        self._passing = "" if ended else headway.doing

    def draw(self, display: Display) -> None:
        """Show what is seen of a search, here or on another machine: live on a terminal, else as a line."""
        if self._live is not None:
            self._live.update(live_view(display), refresh=True)
        elif self._due() and self._new(display):
            self.console.print(display.line, markup=False, soft_wrap=True)

    def _due(self) -> bool:
        """Return whether it is time for another line; the live display is always drawn."""
        pause = 1.0 if self.as_json else PLAIN_EVERY
        return self._live is not None or time.monotonic() - self._said >= pause

    def _new(self, display: Display) -> bool:
        """Return whether there is more to say than in the last line; then this is the last line."""
        told = (display.done, display.total, display.rows)
        if told == self._last:
            return False
        self._said, self._last = time.monotonic(), told
        return True


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
