"""`python -m search.confirm`: train the best trials again with fresh seeds, choose, look at the test images once."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from search.destination import add_places, stay, where
from search.plan.place import place
from search.verb import Verb, add_json, add_limits, main_of, positive

EXAMPLE = """\
example:
  python -m search.confirm runs/digits
  python -m search.confirm runs/digits --top 3 --seeds 10
  python -m search.confirm runs/resnet --budget 20
  python -m search.confirm resnet --cluster cluster.yaml

The best trial of many is the best partly by luck. Its rivals and it are trained again with fresh seeds, and the weakest
leave one by one. Then the winner is trained with seeds that took no part in the choice, and these models see the test
images. A second call goes on, or reuses what is there.
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.confirm",
        description="Confirm the winner of a search: which of its best trials is the best, and how good that is.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", type=place, metavar="RUN", help="the folder of the run, or s3://bucket/prefix/run"
    )
    made.add_argument(
        "--top", metavar="K", type=positive, default=5, help="candidates: the best K trials (5)"
    )
    made.add_argument(
        "--seeds",
        metavar="S",
        type=positive,
        default=5,
        help="trainings of a candidate on the average, and of the winner after the choice (5)",
    )
    made.add_argument(
        "--budget", metavar="N", type=positive, help="trainings before the choice, in all (K times S)"
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
        from search.submitting import confirm_on  # noqa: PLC0415

        return confirm_on(there, arguments)
    stay(arguments.run, "confirm")
    from search.confirming import confirm_run  # noqa: PLC0415

    return confirm_run(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
