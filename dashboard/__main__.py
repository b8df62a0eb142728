"""`python -m dashboard`: look at searches in a browser."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dashboard.access import AccessError, access_of
from dashboard.arguments import parser
from dashboard.settings import settings
from search.runs.layout import RunLayout
from search.runs.place import Place
from search.verb import DONE, UserError, Verb, main_of


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    check_folder(arguments.runs_dir)
    try:
        access = access_of(arguments)
    except AccessError as error:
        raise UserError(str(error)) from error
    check_port(access.address, arguments.port)
    # After the arguments are parsed: Streamlit costs a second that --help should not take.
    from dashboard.app import app  # noqa: PLC0415

    # Ctrl+C is how a server is meant to end.
    with suppress(KeyboardInterrupt):
        app.run(config=settings(access, port=arguments.port))
    return DONE


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


def check_port(address: str, port: int) -> None:
    """Refuse a port that is taken, or an address of another machine: Streamlit would end with a log line of its own.

    Raises:
        UserError: it is taken, or not for us.
    """
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((address, port))
        except OSError as error:
            free = "--port 0 takes any that is free"
            raise UserError(
                f"--port {port}: {address} does not give it ({error.strerror}); {free}"
            ) from error


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, serve, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
