"""The tables of a model card, as Markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from search.runs.classification import ClassScores
from search.winner.verification import FormatCheck, Verification

MOST_CLASSES = 100
"""Rows of the table by class; of more classes those with the lowest F1 are shown."""


def markdown_table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table whose first column is text, and the others are figures.

    Args:
        names: of the columns.
        rows: their cells; what Markdown would read as its own is escaped.
    """
    lines = [list(names), ["---", *["---:"] * (len(names) - 1)]]
    lines += [[plain(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def plain(text: str) -> str:
    """Return text that Markdown shows as it is: names of classes are a user's."""
    for mark in "\\`*_{}[]<>#|~$&":
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())


def class_table(scores: ClassScores, classes: Sequence[str]) -> str:
    """Return precision, recall, F1 and count of each class, with 95 % intervals."""
    order = range(len(classes))
    if len(classes) > MOST_CLASSES:
        lowest = np.argsort(np.nan_to_num(scores.f1, nan=-1), kind="stable")
        order = sorted(lowest[:MOST_CLASSES].tolist())  # type: ignore[assignment]
    return markdown_table(
        ("class", "precision", "recall", "F1", "images"),
        [
            (
                classes[row],
                _between(scores.precision[row], scores.precision_low[row], scores.precision_high[row]),
                _between(scores.recall[row], scores.recall_low[row], scores.recall_high[row]),
                _share(scores.f1[row]),
                f"{scores.support[row]:,}",
            )
            for row in order
        ],
    )


def format_table(found: Verification) -> str:
    """Return size, parity, accuracy and latency of each file."""
    cores = found.formats[0].latency.threads
    return markdown_table(
        ("file", "MB", "off by", "same class", "accuracy", "1 image", "32 images", f"32, {cores} threads"),
        [_format_row(one) for one in found.formats],
    )


def _format_row(one: FormatCheck) -> tuple[str, ...]:
    latency = one.latency
    return (
        ", ".join(one.files),
        f"{one.bytes / 1e6:,.2f}",
        f"{one.difference:.0e}",
        f"{one.agree:,} of {one.images:,}",
        f"{one.accuracy:.4f}",
        *(
            f"{1000 * seconds:,.2f} ms"
            for seconds in (latency.latency_1, latency.latency_32, latency.latency_32_all)
        ),
    )


def _between(value: float, low: float, high: float) -> str:
    return f"{_share(value)} ({_share(low)} to {_share(high)})" if not math.isnan(value) else "–"


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
