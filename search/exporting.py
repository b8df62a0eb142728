"""What `search.export` does with a run and its arguments, and how the bundle is told: in 80 columns, as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from search.console import print_json
from search.runs.run import Run
from search.training.errors import TrainingError
from search.verb import UserError
from search.winner.candidate import CannotExport
from search.winner.export import Exported, export
from search.winner.verification import FormatCheck


def export_trial(run: Run, arguments: argparse.Namespace) -> None:
    """Write the trial that the arguments name as a bundle, and print what it holds.

    Raises:
        UserError: the trial cannot be exported, or its images are missing.
    """

    def tell(text: str, done: int, total: int) -> None:
        if arguments.json:
            print_json(event="progress", text=text, done=done, total=total)
        else:
            print(f"[{done + 1}/{total}] {text}", flush=True)

    try:
        exported = export(
            run,
            arguments.trial,
            out=arguments.out,
            names=arguments.format,
            preprocess=arguments.preprocess,
            tell=tell,
        )
    except (CannotExport, TrainingError) as error:
        raise UserError(str(error)) from error
    _say(exported, json=arguments.json)


def _say(exported: Exported, *, json: bool) -> None:
    found, folder = exported.verification, exported.bundle.folder
    if json:
        files = [
            {"name": name, "bytes": size, "sha256": exported.checksums[name]}
            for name, size in exported.sizes.items()
        ]
        print_json(
            event="exported",
            trial=exported.trial,
            why=exported.why,
            folder=str(folder),
            files=files,
            **{name: value for name, value in found.to_json().items() if name != "format"},
        )
        return
    part = "all" if found.parity.images == found.split_images else f"{found.parity.images:,} of the"
    print(
        f"trial {exported.trial} ({exported.why}) is in {folder}\n"
        f"Each file was loaded again in a new process and shown {part} {found.split_images:,} validation images."
    )
    Console(highlight=False).print(_table(found.formats))
    print(
        "off by: greatest difference of an output, as a share of the largest one;\n"
        f"times for 1 and for 32 images, one thread, {found.machine}"
    )
    for one in found.formats:
        if one.loss is not None:
            print(
                f"{one.name} changes the accuracy by {-one.loss.mean:+.4f} (95 % interval {-one.loss.high:+.4f} to "
                f"{-one.loss.low:+.4f})"
            )


def _table(checks: Sequence[FormatCheck]) -> Table:
    """Return what was seen of each format, at most 80 columns wide."""
    made = Table(box=None, pad_edge=False)
    for name in ("format", "MB", "off by", "same class", "accuracy", "1: ms", "32: ms"):
        made.add_column(name, justify="left" if name == "format" else "right", no_wrap=True)
    for one in checks:
        made.add_row(
            one.name,
            f"{one.bytes / 1e6:,.2f}",
            f"{one.difference:.0e}",
            f"{one.agree:,} of {one.images:,}",
            f"{one.accuracy:.4f}",
            f"{1000 * one.latency.latency_1:.2f}",
            f"{1000 * one.latency.latency_32:.1f}",
        )
    return made
