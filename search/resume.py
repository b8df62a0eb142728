"""`python -m search.resume`: go on with a run after any interruption, with more trials, epochs or another space."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence

from search.destination import add_places, stay, where
from search.plan.place import place
from search.verb import Verb, add_json, add_limits, main_of

EXAMPLE = """\
example:
  python -m search.resume runs/digits
  python -m search.resume runs/digits --trials +32
  python -m search.resume runs/digits --epochs 81 --trials +16
  python -m search.resume runs/digits --set space.optimizer='[sgd]'

Another space, scheduler or number of epochs makes a new study in the same run, with all trials so far. Trials on a
schedule of another length are kept beside the new ones; their best 8 are trained again first.
"""


def more(text: str) -> int:
    """Read how many trials come on top: `+32`."""
    if not re.fullmatch(r"\+[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(
            f"a plus and a whole number such as +32 are expected, but got {text!r}"
        )
    return int(text)


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.resume",
        description="Go on with a search where it was cut off, extend a finished one, or change where it looks.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", type=place, metavar="RUN", help="the folder of the run, or s3://bucket/prefix/run"
    )
    made.add_argument("--trials", type=more, default=0, metavar="+N", help="trials on top of its budget")
    made.add_argument("--epochs", metavar="N", help="epochs of a full training from now on")
    made.add_argument("--space", metavar="YAML", help="search the space of this file from now on")
    made.add_argument("--time-budget", metavar="TIME", help="stop this call after 90s, 30m, 2h …")
    made.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], help="override any key of the run's plan"
    )
    add_limits(made)
    add_places(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    there = where(arguments).cluster
    # After the arguments are parsed: torch, Ray and the data cost seconds that --help should not take.
    if there is not None:
        from search.submitting import resume_on  # noqa: PLC0415

        return resume_on(there, arguments)
    stay(arguments.run, "resume")
    from search.commands import resume_search  # noqa: PLC0415

    return resume_search(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
