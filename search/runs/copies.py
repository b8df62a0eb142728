"""What to type for a copy of a run: the verb that goes to the run itself, and what brings the copy up to date."""

from __future__ import annotations

from pathlib import Path

from search.plan.command import command
from search.runs.layout import RunLayout
from search.runs.lease import origin_of

ASKING = ("enqueue", "note", "stop")
"""Verbs that ask the driver of a run: in a bucket there is nobody to ask, so they go to the driver's machine."""


def verb_there(layout: RunLayout, verb: str, *words: str) -> str:
    """Return the command by which a verb goes to the run of which this is a copy; empty where it is none.

    Args:
        layout: of the copy.
        verb: such as `resume`.
        words: of the verb, behind the run.
    """
    origin = origin_of(layout)
    return "" if origin is None else command(verb, *origin.known_as, *words)


def asked_there(layout: RunLayout, verb: str, *words: str) -> str:
    """Return `verb_there` with where it has to be typed, as far as that matters; empty where it is no copy.

    Args:
        layout: of the copy.
        verb: such as `stop`.
        words: of the verb, behind the run.
    """
    origin, there = origin_of(layout), verb_there(layout, verb, *words)
    if origin is None or origin.cluster or origin.driver is None or verb not in ASKING:
        return there
    return f"{there} (on the machine that drives it, {origin.driver.host}, or with --cluster FILE)"


def fetch_command(layout: RunLayout, *options: str) -> str:
    """Return the command that brings what is new to a copy of a run; empty where it is none.

    Args:
        layout: of the copy.
        options: of `search.fetch`.
    """
    folder = layout.root.resolve().parent
    here = [] if folder == Path("runs").resolve() else ["--runs-dir", str(folder)]
    return verb_there(layout, "fetch", *here, *options)
