"""`python -m search.stop`: ask the driver of a run to stop it, or one of its trials."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from search.asking import ask
from search.destination import add_cluster, ask_there
from search.opening import driven_here
from search.plan.place import place
from search.relaying import relay_run
from search.verb import UserError, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.stop runs/digits
  python -m search.stop runs/digits --trial 7
  python -m search.stop digits --cluster cluster.yaml
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.stop",
        description="Stop a search, or one of its trials, after the epochs in flight. Nothing is lost.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", type=place, metavar="RUN", help="the folder of the run, or s3://bucket/prefix/run"
    )
    made.add_argument("--trial", type=int, metavar="N", help="stop this trial only")
    add_cluster(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    there = ["--trial", str(arguments.trial)] if arguments.trial is not None else []
    if arguments.cluster is not None:
        return relay_run("search.stop", arguments, there)
    ask_there(arguments, "stop", there)
    found = driven_here(arguments.run)
    if found.driver is None:
        raise UserError(f"{arguments.run}: nobody drives this run, so there is nothing to stop")
    if arguments.trial is None:
        answered = ask(found.layout, "stop")
    else:
        answered = ask(found.layout, "stop_trial", trial=arguments.trial)
    return answered.tell("stop", as_json=arguments.json)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
