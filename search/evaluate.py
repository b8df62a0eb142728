"""`python -m search.evaluate`: judge an exported model on a folder of images or a data set."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from search.on_disk import folder_here
from search.verb import Verb, add_json, add_plugins, main_of

EXAMPLE = """\
example:
  python -m search.evaluate runs/mnist/winner/trial-7 mnist --data-dir data
  python -m search.evaluate model photos/ --out judged
  python -m search.evaluate model photos/ --split test --temperature none --json

Without --split it is the validation split, or all images where there is none. A
test split is for one look at the end. The expected calibration error (ECE) is
over 15 bins of equal width. A temperature is fitted on the model's own
validation images where they are not the ones that are judged, else on each half
of the images for the other half.
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.evaluate",
        description="Judge an exported model: accuracy with its 95 % interval, precision, recall and\n"
        "F1, every class, the confusion matrix, how honest its probabilities are, and its\nworst mistakes.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("bundle", type=folder_here, metavar="BUNDLE", help="the folder of an exported model")
    made.add_argument(
        "data", metavar="DATA", help="a folder of images, a folder for each class; or the name of a data set"
    )
    made.add_argument("--data-dir", type=Path, metavar="DIR", help="where the files of a named data set lie")
    made.add_argument(
        "--split", choices=("test", "validation", "train", "all"), help="which images (validation)"
    )
    made.add_argument(
        "--temperature", choices=("fit", "none"), default="fit", help="whether a temperature is fitted (fit)"
    )
    made.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="write evaluation.json and pictures of confusion and mistakes here",
    )
    add_plugins(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    # After the arguments are parsed: torch costs seconds that --help should not take.
    from search.evaluating import evaluate_model  # noqa: PLC0415

    return evaluate_model(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
