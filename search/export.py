"""`python -m search.export`: write the winner of a run, or any of its trials, as a folder of files to take away."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.table import Table

from search.console import Reporter, print_json
from search.destination import add_cluster
from search.on_disk import folder_with_weights
from search.opening import run_of
from search.plan.command import command
from search.plan.plugins import load_plugins
from search.relaying import relay_run
from search.verb import DONE, UserError, Verb, add_json, add_storage, main_of
from search.winner.formats import formats, missing

if TYPE_CHECKING:  # torch is behind it: seconds that --help should not take
    from search.winner.export import Exported
    from search.winner.verification import FormatCheck

EXAMPLE = """\
example:
  python -m search.export runs/digits
  python -m search.export runs/digits --trial 7 --format onnx onnx_int8 --out models/digits
  python -m search.export digits --cluster cluster.yaml
  python -m search.export --list

On a cluster the bundle is written there, beside the weights; `search.fetch` brings it home.
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.export",
        description="Write a finished trial as a bundle: the model in several formats, a model card, the recipe, "
        "labels, checksums. Each written file is loaded again in a new process and must say what the trained model "
        "said; only then the bundle is there.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("run", type=folder_with_weights, metavar="RUN", nargs="?", help="the folder of the run")
    made.add_argument(
        "--trial",
        type=trial,
        metavar="best|N|ensemble",
        help="which trial (best: the confirmed winner, else the best of the search)",
    )
    made.add_argument(
        "--format",
        nargs="+",
        metavar="NAME",
        help=f"in which formats, or all: {', '.join(formats.names())} (safetensors, which is always there, onnx and "
        "torch_export)",
    )
    made.add_argument(
        "--preprocess",
        choices=("inside", "outside"),
        default="outside",
        help="whether the files of other formats than safetensors normalize the images themselves, so that they "
        "take uint8 pixels (outside: they take float32)",
    )
    made.add_argument("--out", type=Path, metavar="DIR", help="the bundle's folder (RUN/winner/trial-N)")
    made.add_argument("--list", action="store_true", help="print the formats, and which packages they lack")
    add_storage(made)
    add_cluster(made)
    add_json(made)
    return made


def trial(text: str) -> int | Literal["ensemble"] | None:
    """Read the number of a trial; None for `best`."""
    if text == "best":
        return None
    if text == "ensemble":
        return "ensemble"
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(
            f"`best`, `ensemble` or the number of a trial is expected, but got {text!r}"
        )
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.list:
        _list(json=arguments.json)
        return DONE
    if arguments.run is None:
        raise UserError("the folder of a run is expected: python -m search.export RUN")
    if arguments.cluster is not None:
        return _there(arguments)
    found = run_of(arguments.run, arguments.storage)
    load_plugins(found.plan.plugins)  # a format may be one of theirs
    _check_names(arguments.format)
    # Late: torch is behind them.
    from search.training.errors import TrainingError  # noqa: PLC0415
    from search.winner.candidate import CannotExport  # noqa: PLC0415
    from search.winner.export import export  # noqa: PLC0415

    def tell(text: str, done: int, total: int) -> None:
        if arguments.json:
            print_json(event="progress", text=text, done=done, total=total)
        else:
            print(f"[{done + 1}/{total}] {text}", flush=True)

    try:
        exported = export(
            found,
            arguments.trial,
            out=arguments.out,
            names=arguments.format,
            preprocess=arguments.preprocess,
            tell=tell,
        )
    except (CannotExport, TrainingError) as error:
        raise UserError(str(error)) from error
    _say(exported, json=arguments.json)
    return DONE


def _there(arguments: argparse.Namespace) -> int:
    """Write it on a cluster, in the run's folder there, and say how it comes home."""
    if arguments.out is not None:
        raise UserError("--out: on a cluster a bundle is written into its run, so that it comes home with it")
    wanted = arguments.trial
    words = ["--trial", "best" if wanted is None else str(wanted), "--preprocess", arguments.preprocess]
    words += ["--format", *arguments.format] if arguments.format else []
    code = relay_run("search.export", arguments, words)
    if code == DONE:
        home = command("fetch", arguments.run, "--cluster", arguments.cluster)
        Reporter("", "", as_json=arguments.json).say(f"it is there; {home} brings it home")
    return code


def _check_names(names: list[str] | None) -> None:
    for name in names or ():
        if name == "all" and len(names or ()) > 1:
            raise UserError("--format all is all of them: no other name is expected beside it")
        if name != "all" and name not in formats:
            try:
                formats[name]
            except KeyError as error:
                raise UserError(f"--format: {error.args[0]}") from error


def _list(*, json: bool) -> None:
    """Print the formats."""
    table = Table("format", "files", "what it is for", "lacks", box=None, pad_edge=False)
    for entry in formats:
        package = missing(entry)
        if json:
            print_json(
                event="format",
                name=entry.name,
                files=list(entry.build.files),
                about=entry.summary,
                package=package,
            )
        table.add_row(
            entry.name,
            ", ".join(entry.build.files),
            entry.summary,
            f"pip install {package}" if package else "",
        )
    if not json:
        Console(highlight=False).print(table)


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


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
