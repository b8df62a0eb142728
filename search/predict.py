"""`python -m search.predict`: classify images with an exported model, and show why it says what it says."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from search.on_disk import how_here
from search.plan.place import in_bucket, place
from search.verb import UserError, Verb, add_json, add_plugins, add_temperature, main_of, positive
from search.winner.explanations import METHODS

EXAMPLE = """\
example:
  python -m search.predict runs/mnist/winner/trial-7 seven.png photos/
  python -m search.predict model seven.png --explain gradcam occlusion --out why
  find . -name '*.jpg' | python -m search.predict model - --json
  python -m search.predict runs/mnist --trial 7 --validation 12 40 --explain
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    explained = "\n".join(f"  {name:21} {shows}" for name, shows in METHODS.items())
    made = argparse.ArgumentParser(
        prog="python -m search.predict",
        description="Classify images with an exported model: labels with probabilities. An image that\ncannot be read "
        "is named, the others are answered, and the exit code is then 1.",
        epilog=f"explanations (METHOD):\n{explained}\n\n{EXAMPLE}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "source",
        type=place,
        metavar="BUNDLE",
        help="the folder of an exported model; with --trial, of a run",
    )
    made.add_argument(
        "images", nargs="*", metavar="IMAGE", help="a file; a folder of images; - for names on standard input"
    )
    made.add_argument("--top", metavar="K", type=positive, default=3, help="the K likeliest classes (3)")
    made.add_argument(
        "--explain",
        nargs="*",
        metavar="METHOD",
        choices=tuple(METHODS),
        help="draw why, for the likeliest class (gradcam)",
    )
    made.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        default=Path("explanations"),
        help="where the pictures go (explanations)",
    )
    add_temperature(made)
    made.add_argument(
        "--trial",
        type=trial,
        metavar="best|N",
        help="a trial of the run BUNDLE, not exported, with its kept weights",
    )
    made.add_argument(
        "--validation",
        nargs="+",
        type=int,
        metavar="I",
        default=[],
        help="with --trial: validation images by their places, from 0",
    )
    made.add_argument(
        "--storage",
        metavar="URL",
        help="with --trial: the Optuna storage of the run's study, with the password",
    )
    add_plugins(made)
    add_json(made)
    return made


def trial(text: str) -> int | Literal["best"]:
    """Read `best` or the number of a trial."""
    if text == "best":
        return "best"
    if not text.isascii() or not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`best` or the number of a trial is expected, but got {text!r}")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if in_bucket(str(arguments.source)):
        raise UserError(how_here(arguments.source, *(() if arguments.trial is None else ("--weights",))))
    if not arguments.images and not arguments.validation:
        raise UserError("no image was named; a file, a folder or - is expected behind the bundle")
    if arguments.validation and arguments.trial is None:
        raise UserError("--validation: the images are those of a run's trial; add --trial N")
    # After the arguments are parsed: torch costs seconds that --help should not take.
    from search.predicting import predict_images  # noqa: PLC0415

    return predict_images(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
