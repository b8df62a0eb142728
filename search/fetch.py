"""`python -m search.fetch`: bring a run home from a cluster, or what is new of it."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from search.cluster.choose import Cluster, named
from search.cluster.errors import LinkLost
from search.cluster.fetch_bucket import fetch_bucket
from search.cluster.fetch_ssh import Fetched, fetch_ssh
from search.cluster.homing import EVERY, Complaint
from search.cluster.link import Link
from search.cluster.paths import run_there
from search.cluster.remote import about
from search.console import print_json
from search.destination import add_cluster
from search.plan.place import in_bucket
from search.verb import DONE, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.fetch resnet --cluster cluster.yaml
  python -m search.fetch resnet --cluster cluster.yaml --watch
  python -m search.fetch s3://bucket/runs/resnet

Logs, study and winner come; `--weights` brings the checkpoints, too. `python -m dashboard` shows the run while its
search goes on.
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.fetch",
        description="Bring a run home from a cluster: all of it, then only what is new.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "run", metavar="RUN", help="its name, its folder on the cluster, or s3://bucket/prefix/run"
    )
    add_cluster(made, always=True)
    made.add_argument(
        "--runs-dir", metavar="DIR", default="runs", type=Path, help="of the runs here (default: runs)"
    )
    made.add_argument("--weights", action="store_true", help="checkpoints, too")
    made.add_argument(
        "--watch", action="store_true", help=f"again every {EVERY:.0f} s as long as the search goes on"
    )
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    cluster = None if in_bucket(arguments.run) else named(arguments.cluster)
    fetched = _fetch(cluster, arguments)
    _tell(fetched, arguments)
    complaint = Complaint(_is_tried_again)
    while arguments.watch and fetched.driver is not None:
        time.sleep(EVERY)
        try:
            fetched = _fetch(cluster, arguments)
        except (LinkLost, OSError) as error:  # the laptop slept, or is on a train; a bucket is out of reach
            complaint.say(str(error))
            continue
        complaint.over()
        if fetched.new or arguments.json:
            _tell(fetched, arguments)
    return DONE


def _fetch(cluster: Cluster | None, arguments: argparse.Namespace) -> Fetched:
    if cluster is None:
        folder = arguments.runs_dir / Path(arguments.run.rstrip("/")).name
        return fetch_bucket(arguments.run.rstrip("/"), folder, weights=arguments.weights)
    with Link(cluster.login) as link:
        there = run_there(about(link).home, arguments.run)
        folder = arguments.runs_dir / Path(there).name
        return fetch_ssh(
            link, there, folder, cluster=str(cluster.file.path.resolve()), weights=arguments.weights
        )


def _is_tried_again(reason: str) -> None:
    print(f"{reason}; it is tried again every {EVERY:.0f} s", file=sys.stderr, flush=True)


def _tell(fetched: Fetched, arguments: argparse.Namespace) -> None:
    goes_on = fetched.driver is not None
    if arguments.json:
        print_json(event="fetch", run=str(fetched.folder), new=fetched.new, driven=goes_on)
        return
    state = "its search goes on" if goes_on else "its search does not run"
    print(f"{fetched.folder}: {fetched.new:,} bytes of the record were new; {state}", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
