"""`python -m search.export`: write the winner of a run, or any of its trials, as a folder of files to take away."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from search.console import print_json
from search.opening import run_of
from search.verb import DONE, UserError, Verb, add_json, main_of

if TYPE_CHECKING:  # torch is behind it: seconds that --help should not take
    from search.winner.export import Exported

EXAMPLE = """\
example:
  python -m search.export runs/digits
  python -m search.export runs/digits --trial 7 --out models/digits
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.export",
        description="Write a finished trial as a bundle: weights, configuration, labels, recipe, checksums. The "
        "written files are loaded again in a new process and must say what the trained model said.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("run", type=Path, metavar="RUN", help="the folder of the run")
    made.add_argument("--trial", type=trial, metavar="best|N", help="which trial (the best one)")
    made.add_argument("--out", type=Path, metavar="DIR", help="the bundle's folder (RUN/winner/trial-N)")
    made.add_argument("--storage", metavar="URL", help="the Optuna storage of its study, with the password")
    add_json(made)
    return made


def trial(text: str) -> int | None:
    """Read the number of a trial; None for `best`."""
    if text == "best":
        return None
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`best` or the number of a trial is expected, but got {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    found = run_of(arguments.run, arguments.storage)
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
        exported = export(found, arguments.trial, out=arguments.out, tell=tell)
    except (CannotExport, TrainingError) as error:
        raise UserError(str(error)) from error
    _say(exported, json=arguments.json)
    return DONE


def _say(exported: Exported, *, json: bool) -> None:
    parity, folder = exported.parity, exported.bundle.folder
    if json:
        files = [
            {"name": name, "bytes": size, "sha256": exported.checksums[name]}
            for name, size in exported.sizes.items()
        ]
        print_json(
            event="exported", trial=exported.trial, folder=str(folder), files=files, parity=vars(parity)
        )
        return
    print(
        f"trial {exported.trial} is in {folder}\n"
        f"checked in a new process: the same class for {parity.agree:,} of {parity.images:,} validation images, "
        f"logits within {parity.difference:.1g} of the largest (allowed: {parity.tolerance:g})"
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
