"""`python -m search.resume`: go on with a run after any interruption, or with more trials."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from search.verb import Verb, add_json, add_limits, announce, main_of

EXAMPLE = """\
example:
  python -m search.resume runs/digits
  python -m search.resume runs/digits --trials +32
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
        description="Go on with a search where it was cut off, or extend a finished one.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("run", type=Path, metavar="RUN", help="the folder of the run")
    made.add_argument("--trials", type=more, default=0, metavar="+N", help="trials on top of its budget")
    made.add_argument("--time-budget", metavar="TIME", help="stop this call after 90s, 30m, 2h …")
    add_limits(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    announce(arguments)
    # After the arguments are parsed: torch, Ray and the data cost seconds that --help should not take.
    from search.commands import resume_search  # noqa: PLC0415

    return resume_search(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
