"""`python -m dashboard`: look at searches in a browser."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboard.access import access_of
from dashboard.arguments import parser
from search.access import AccessError, listen
from search.plan.place import Place
from search.runs.layout import RunLayout
from search.verb import DONE, FAILED, UserError, Verb, main_of


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    check_folder(arguments.runs_dir)
    try:
        access = access_of(arguments)
        # Who follows the address as soon as it is printed waits, and is not refused.
        listening = listen(access.address, arguments.port)
    except AccessError as error:
        raise UserError(str(error)) from error
    with listening:
        # After the arguments are parsed: Streamlit costs a second that --help should not take.
        from dashboard.server import serve  # noqa: PLC0415

        return DONE if serve(listening, access) else FAILED


def check_folder(folder: Place) -> None:
    """Refuse what cannot be a folder of runs; one that is not there yet is fine, and so is a bucket.

    Raises:
        UserError: it is a file, or a run itself.
    """
    if not isinstance(folder, Path):
        return
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--runs-dir {folder}: a folder is expected, but this is a file")
    if RunLayout(folder).plan.is_file():
        parent = folder.resolve().parent
        raise UserError(f"--runs-dir {folder}: this is one run; give the folder that holds it, {parent}")


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, serve, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
