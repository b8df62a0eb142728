"""The command line of the dashboard; known without Streamlit, so that ``--help`` is quick."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = """\
example:
  python -m dashboard
  python -m dashboard --runs-dir ~/searches --port 8600
"""

PORT = 8501
"""Streamlit's own default."""


def parser() -> argparse.ArgumentParser:
    """Return the arguments."""
    made = argparse.ArgumentParser(
        prog="python -m dashboard",
        description="Look at searches, running or finished, in a browser on this machine.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "--runs-dir", metavar="DIR", default="runs", type=Path, help="of all runs (default: runs)"
    )
    made.add_argument(
        "--port", metavar="N", default=PORT, type=port, help=f"on 127.0.0.1; 0: any (default: {PORT})"
    )
    made.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    return made


def port(text: str) -> int:
    """Read a port."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"a port from 0 to 65535 is expected, but got {text!r}")
    return int(text)
