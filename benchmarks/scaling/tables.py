"""The tables of `benchmarks.scale`, in Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.scaling.contest import Result
from benchmarks.scaling.queue import Waits

SIZES = (100, 1_000, 3_000, 10_000)
"""Trials at which the cost of a suggestion is shown."""

MEBIBYTE = 2**20


def tables(results: Sequence[Result]) -> Iterator[str]:
    """Return the lines of both tables."""
    yield from _use_of_workers(results)
    yield ""
    yield from _cost(results)


def _use_of_workers(results: Sequence[Result]) -> Iterator[str]:
    yield (
        "| contender | epoch, s | trials | hours | idle | at the start | for the next trial | for a decision | "
        "wait for the next trial, ms: median, 99 %, most | for a decision, ms | driver at work |"
    )
    yield "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
    for result in results:
        outcome, task = result.outcome, result.task
        whole = outcome.waited + outcome.training
        shares = [outcome.waits[kind].total / whole for kind in ("first trial", "next trial", "decision")]
        cells = [
            task.name,
            f"{task.epoch_seconds:g}",
            f"{result.trials:,}" + ("" if result.ended else ", cut off"),
            f"{outcome.span / 3600:.2f}",
            f"**{outcome.idle:.2%}**",
            *(f"{share:.2%}" for share in shares),
            _waits(outcome.waits["next trial"]),
            _waits(outcome.waits["decision"]),
            f"{outcome.busy / outcome.span:.0%}",
        ]
        yield f"| {' | '.join(cells)} |"


def _waits(waits: Waits) -> str:
    return ", ".join(f"{1000 * waits.quantile(share):,.0f}" for share in (0.5, 0.99, 1.0))


def _cost(results: Sequence[Result]) -> Iterator[str]:
    at = " | ".join(f"{size:,}" for size in SIZES)
    yield f"| contender | epoch, s | suggestion, s, at trials: {at} | memory before, MiB | peak, MiB | fsync, ms |"
    yield "|---|---:|" + "---:|" * (len(SIZES) + 3)
    for result in results:
        found = [result.suggestions.at(size) for size in SIZES]
        cells = [
            result.task.name,
            f"{result.task.epoch_seconds:g}",
            *("–" if seconds is None else f"{seconds:.4f}" for seconds in found),
            f"{result.memory_before / MEBIBYTE:,.0f}",
            f"{result.memory_peak / MEBIBYTE:,.0f}",
            f"{1000 * result.synced / result.syncs:.2f}" if result.syncs else "–",
        ]
        yield f"| {' | '.join(cells)} |"
