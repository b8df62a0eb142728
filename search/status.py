"""`python -m search.status`: where a run stands, finished or not."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from search.console import duration, epochs_text, print_json
from search.costs import ledger_table
from search.opening import run_of
from search.runs.run import Run
from search.summary import (
    counts_text,
    print_front,
    print_prospects,
    print_ranking,
    score_text,
    summary_document,
)
from search.verb import DONE, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.status runs/digits
  python -m search.status runs/digits --json
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.status",
        description="Say where a search stands: who drives it, counts, the best so far.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("run", type=Path, metavar="RUN", help="the folder of the run")
    made.add_argument("--storage", metavar="URL", help="the Optuna storage of its study, with the password")
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    found = run_of(arguments.run, arguments.storage)
    if arguments.json:
        print_json(event="status", driver=_driver(found), **summary_document(found, "", 0.0))
    else:
        print_status(Console(highlight=False), found)
    return DONE


def print_status(console: Console, run: Run) -> None:
    """Print where a run stands."""
    stands, held = run.progress(), run.driver
    console.print(Text.assemble((run.name, "bold"), f"  {run.layout.root}"), soft_wrap=True)
    if held is None:
        console.print("no driver: nothing is running")
    else:
        since = duration(time.time() - held.start)
        console.print(f"driven by process {held.process} on {held.host} for {since}")
    console.print(f"{counts_text(stands)}; budget {stands.budget}")
    console.print(f"epochs: {epochs_text(stands)}")
    for failure, count in stands.failures.items():
        console.print(f"  failed {count}×: {failure}", markup=False)
    best = run.best()
    if best is not None:
        print_costs(console, run)
        print_ranking(console, run)
        print_front(console, run)
        console.print(f"Ahead: trial {best.number}, {score_text(run, best)}.", markup=False)


def print_costs(console: Console, run: Run) -> None:
    """Print what was spent where, and what more time is expected to bring."""
    console.print()
    console.print(ledger_table(run.ledger()))
    console.print()
    print_prospects(console, run)
    console.print()


def _driver(run: Run) -> dict[str, object] | None:
    held = run.driver
    return None if held is None else dict(vars(held))


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
