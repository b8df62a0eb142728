"""`python -m search.follow`: watch a search that runs on a cluster; its run comes home meanwhile."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from search.cluster.choose import named
from search.destination import add_cluster, add_following
from search.verb import Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.follow resnet --cluster cluster.yaml

Ctrl-C ends the display, not the search. Close the laptop and come back: nothing is missed.
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.follow",
        description="Watch a search that runs on a cluster, from its first message on.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("run", metavar="RUN", help="its name, or its folder on the cluster")
    add_cluster(made, always=True)
    add_following(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    cluster = named(arguments.cluster)
    # After the arguments are parsed: what reads a run costs half a second that --help should not take.
    from search.submitting import follow_on  # noqa: PLC0415

    return follow_on(cluster, arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
