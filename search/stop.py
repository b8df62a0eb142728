"""`python -m search.stop`: ask the driver of a run to stop it, or one of its trials."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from search.console import print_json
from search.runs.reader import open_run
from search.runs.requests import answer_to, send
from search.verb import DONE, FAILED, UserError, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.stop runs/digits
  python -m search.stop runs/digits --trial 7
"""

PATIENCE = 10.0
"""Seconds to wait for the driver's answer."""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.stop",
        description="Stop a search, or one of its trials, after the epochs in flight. Nothing is lost.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("run", type=Path, metavar="RUN", help="the folder of the run")
    made.add_argument("--trial", type=int, metavar="N", help="stop this trial only")
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    try:
        found = open_run(arguments.run)
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    if found.driver is None:
        raise UserError(f"{arguments.run}: nobody drives this run, so there is nothing to stop")
    if arguments.trial is None:
        request = send(found.layout, "stop")
    else:
        request = send(found.layout, "stop_trial", trial=arguments.trial)
    deadline = time.monotonic() + PATIENCE
    while (answer := answer_to(found.layout, request)) is None and time.monotonic() < deadline:
        time.sleep(0.1)
    message = answer["message"] if answer else "the driver has not answered yet; the request stays"
    if arguments.json:
        print_json(event="stop", applied=bool(answer and answer["applied"]), message=message)
    else:
        print(message)
    return DONE if answer and answer["applied"] else FAILED


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
