"""Where things are on the head of a cluster: runs and data sets below `~/winnow`, unless one says otherwise."""

from __future__ import annotations

import hashlib
import posixpath
import socket
from pathlib import Path

HOME = "winnow"
"""The folder below the home directory of whoever logs in."""

RUNS = "runs"


def runs_there(home: str, runs: str) -> str:
    """Return the folder of all runs there.

    Args:
        home: the home directory there.
        runs: what `--runs-dir` says: an absolute path or an `s3://` address is taken as it is, anything else is
            relative to `~/winnow`.
    """
    if "://" in runs:
        return runs.rstrip("/")
    return posixpath.normpath(posixpath.join(home, HOME, runs))


def run_there(home: str, run: str, runs: str = RUNS) -> str:
    """Return the folder of a run there.

    Args:
        home: the home directory there.
        run: what `RUN` says: its name, or its path like that of `runs_there`.
        runs: what `--runs-dir` says, for a bare name.
    """
    run = run.rstrip("/")
    if "/" not in run:
        run = posixpath.join(runs, run) if "://" not in runs else f"{runs.rstrip('/')}/{run}"
    return runs_there(home, run)


def copy_there(home: str, kind: str, path: Path) -> str:
    """Return where a folder of this machine is copied to: the same for the same folder, another for any other.

    Args:
        home: the home directory there.
        kind: what it holds: `data`, `memory`.
        path: of the folder here, absolute.
    """
    mark = hashlib.sha256(f"{socket.gethostname()}:{path}".encode()).hexdigest()[:8]
    return posixpath.join(home, HOME, kind, f"{path.name}-{mark}")


def free_name(name: str, taken: set[str]) -> str:
    """Return a name, with a number behind it where it is taken: as `search.run` numbers its runs here."""
    if name not in taken:
        return name
    return next(numbered for n in range(2, 10**6) if (numbered := f"{name}-{n}") not in taken)
