"""`python -m search.status`: where a run stands, finished or not; without one, where all of them stand."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from search.cluster.choose import named
from search.cluster.paths import runs_there
from search.console import print_json
from search.costs import ago, ledger_table, spent_text
from search.destination import add_cluster
from search.display import duration, epochs_text
from search.listing import list_document, listed, print_list
from search.opening import run_of
from search.plan.place import place
from search.relaying import relay, relay_run
from search.runs.copies import fetch_command
from search.runs.lease import origin_of
from search.runs.run import Run
from search.runs.storage_url import refuse_password
from search.summary import (
    counts_text,
    print_front,
    print_prospects,
    print_ranking,
    score_text,
    summary_document,
)
from search.verb import DONE, Verb, add_json, add_storage, main_of

EXAMPLE = """\
example:
  python -m search.status runs/digits
  python -m search.status
  python -m search.status runs/digits --json
  python -m search.status digits --cluster cluster.yaml
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.status",
        description="Say where a search stands: who drives it, counts, the best so far. Without RUN: list all runs.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", type=place, metavar="RUN", nargs="?", help="the folder of the run, or s3://bucket/prefix/run"
    )
    made.add_argument(
        "--runs-dir",
        metavar="DIR",
        default="runs",
        type=place,
        help="of the runs to list, or s3://bucket/prefix (default: runs)",
    )
    add_storage(made)
    add_cluster(made)
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    if arguments.cluster is not None:
        return _there(arguments)
    if arguments.run is None:
        return _list(arguments)
    found = run_of(arguments.run, arguments.storage)
    if arguments.json:
        print_json(event="status", driver=_driver(found), **summary_document(found, "", 0.0))
    else:
        print_status(Console(highlight=False), found)
    return DONE


def _there(arguments: argparse.Namespace) -> int:
    """Say the same of a run on a cluster, or list the runs there."""
    if arguments.run is not None:
        return relay_run("search.status", arguments)
    refuse_password(arguments.storage)
    json = ["--json"] if arguments.json else []
    runs = str(arguments.runs_dir)
    return relay(
        named(arguments.cluster),
        "search.status",
        lambda home: ["--runs-dir", runs_there(home, runs), *json],
    )


def _list(arguments: argparse.Namespace) -> int:
    runs = list(listed(arguments.runs_dir))
    if arguments.json:
        folder = arguments.runs_dir
        where = folder if isinstance(folder, str) else str(folder.resolve())
        print_json(event="runs", folder=where, runs=list_document(runs))
    else:
        print_list(Console(highlight=False), arguments.runs_dir, runs)
    return DONE


def print_status(console: Console, run: Run) -> None:
    """Print where a run stands."""
    stands, held = run.progress(), run.driver
    console.print(Text.assemble((run.name, "bold"), f"  {run.layout.root}"), soft_wrap=True)
    origin = origin_of(run.layout)
    if origin is not None:
        console.print(
            f"a copy of {origin.text}, brought home {ago(origin.age)}; what is new comes by",
            markup=False,
            soft_wrap=True,
        )
        console.print(f"  {fetch_command(run.layout)}", markup=False, soft_wrap=True)
    if held is None:
        console.print("no driver: nothing is running")
    else:
        since = duration(held.heartbeat - held.start)
        console.print(f"driven by process {held.process} on {held.host} for {since}")
    console.print(f"{counts_text(stands)}; budget {stands.budget}")
    console.print(f"epochs: {epochs_text(stands)}")
    if spent := spent_text(run.account.spent):
        console.print(f"spent: {spent}", markup=False)
    for sentence in run.account.bad_nodes:
        console.print(sentence, markup=False)
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
