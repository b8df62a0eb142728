"""`python -m search.check`: look for the mistakes of a cluster file before a machine costs money."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from search.console import print_json
from search.verb import DONE, UserError, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.check cluster.yaml
  python -m search.check cluster.yaml --fill
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.check",
        description="Check the file that `ray up` is given: Ray's schema, the words of AWS, who is let in.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "cluster", nargs="?", default="cluster.yaml", help="the file; ./cluster.yaml without one"
    )
    made.add_argument(
        "--fill",
        action="store_true",
        help="ask AWS first: find the image, make a firewall that lets you alone in, write both into the file",
    )
    made.add_argument(
        "--from",
        dest="network",
        default="",
        metavar="CIDR",
        help="with --fill: who may use SSH, in place of this machine",
    )
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    # After the arguments are parsed: the schema's reader costs a third of a second that --help should not take.
    from search.cluster.validate import check_cluster  # noqa: PLC0415

    path = Path(arguments.cluster)
    said = [_filled(path, arguments.network)] if arguments.fill else []
    check_cluster(path)
    said.append(f"{path}: no mistakes found; nothing was launched")
    if arguments.json:
        print_json(event="checked", file=str(path), text=said)
    else:
        print(*said, sep="\n")
    return DONE


def _filled(path: Path, network: str) -> str:
    try:
        # boto3 is behind it, which is an extra.
        from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]  # noqa: PLC0415

        from search.cluster.fill import fill  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise UserError("--fill needs boto3: pip install 'winnow-search[cluster]'") from error
    try:
        done = fill(path, network)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"{path}: AWS says: {error}") from error
    return f"{path}: image {done.image}, firewall {done.group}, SSH from {done.network} alone"


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
