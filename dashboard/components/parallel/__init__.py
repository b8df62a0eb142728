"""Parallel coordinates: a canvas with a brush on every axis. What is brushed reaches Python when the gesture ends.

The JavaScript beside this file is handed over as one text: nothing is fetched, and there is no frame around it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import streamlit as st

from dashboard.prepare.parallel import Axis

FOLDER = Path(__file__).parent
SCRIPTS = ("scales.js", "brushes.js", "lines.js", "axes.js", "gestures.js", "view.js")
"""In the order in which they build upon each other; the last one holds what Streamlit calls."""

NAME = "winnow_parallel"


@functools.cache
def script() -> str:
    """Return the browser's part."""
    return "\n".join((FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS)


@functools.cache
def style() -> str:
    """Return its style sheet; colors are Streamlit's variables, so that it follows the theme."""
    return (FOLDER / "style.css").read_text(encoding="utf-8")


def parallel(
    axes: Sequence[Axis],
    columns: pa.Table,
    *,
    facts: Sequence[str],
    brushes: Mapping[str, Sequence[Any]],
    legend: tuple[str, float, float],
    key: str,
    told: Callable[[Mapping[str, Any]], None],
) -> None:
    """Draw the canvas.

    Args:
        axes: in their order.
        columns: what `prepare.parallel.columns` returns.
        facts: names of the axes that are no parameters.
        brushes: that are on now, as `prepare.parallel.brushes` returns them.
        legend: the title of the score, its worst and its best that have colors of their own.
        key: of the canvas; another one begins anew.
        told: is called with ``brushes`` and ``order`` (pairs of a name and whether it is upside down) before the
            page is drawn again.
    """
    last = _last(key)
    title, worst, best = legend
    data = {
        "axes": [{**asdict(axis), "fact": axis.name in facts} for axis in axes],
        "columns": columns,
        "brushes": dict(brushes),
        "legend": {"title": title, "ends": [worst, best]},
        "answered": last.get("number", 0),
    }
    # Registered with every drawing: the registry belongs to the server, this module to the process.
    drawn = st.components.v2.component(NAME, js=script(), css=style())
    drawn(data=data, key=key, on_told_change=lambda: told(_last(key)))


def _last(key: str) -> Mapping[str, Any]:
    """Return what the canvas told last."""
    state = st.session_state.get(key) or {}
    found = state.get("told")
    return found if isinstance(found, Mapping) else {}
