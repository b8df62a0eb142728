"""The command line of the dashboard; known without Streamlit, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
from pathlib import Path

from dashboard.access import LOOPBACK
from search.access import port
from search.plan.place import place

EXAMPLE = """\
example:
  python -m dashboard
  python -m dashboard --runs-dir ~/searches --port 8600
  python -m dashboard --host 0.0.0.0 --password-file ~/.winnow-password

Beyond this machine the dashboard asks for a password: that of --password-file or of the variable
WINNOW_DASHBOARD_PASSWORD, else for a token in the address that it prints. What is sent is not encrypted; over a
network that you do not trust, leave --host out and use `ssh -L 8501:127.0.0.1:8501 MACHINE`.
"""

PORT = 8501
"""Streamlit's own default."""


def parser() -> argparse.ArgumentParser:
    """Return the arguments."""
    made = argparse.ArgumentParser(
        prog="python -m dashboard",
        allow_abbrev=False,  # `--password WORD` must not pass for `--password-file`
        description="Look at searches, running or finished, steer them and begin new ones, in a browser.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--runs-dir",
        metavar="DIR",
        default=Path("runs"),
        type=place,
        help="of all runs, or s3://bucket/prefix whose logs are shown (default: runs)",
    )
    made.add_argument(
        "--port", metavar="N", default=PORT, type=port, help=f"to listen on; 0: any (default: {PORT})"
    )
    made.add_argument(
        "--host",
        metavar="ADDRESS",
        default=LOOPBACK,
        help=f"to listen on; 0.0.0.0: all of this machine's (default: {LOOPBACK}, this machine alone)",
    )
    made.add_argument(
        "--allow-host",
        metavar="NAME",
        action="append",
        default=[],
        help="another name by which browsers call this machine",
    )
    made.add_argument(
        "--password-file", metavar="FILE", type=Path, help="its first line is the password that is asked for"
    )
    made.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    return made
