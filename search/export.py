"""`python -m search.export`: write the winner of a run, or any of its trials, as a folder of files to take away."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

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
        description="Write a completed trial as a bundle: the model in several formats, a model card, the recipe, "
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
    # After the arguments are parsed: torch costs seconds that --help should not take.
    from search.exporting import export_trial  # noqa: PLC0415

    export_trial(found, arguments)
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
    """Print the formats, and what those need that cannot be written here."""
    table = Table("format", "files", "what it is for", box=None, pad_edge=False)
    lacking = {entry.name: package for entry in formats if (package := missing(entry))}
    for entry in formats:
        if json:
            print_json(
                event="format",
                name=entry.name,
                files=list(entry.build.files),
                about=entry.summary,
                package=lacking.get(entry.name),
            )
        table.add_row(entry.name, ", ".join(entry.build.files), entry.summary)
    if not json:
        Console(highlight=False).print(table)
        for name, package in lacking.items():
            print(f"{name} needs: pip install {package}")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
