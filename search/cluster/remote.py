"""Python on the head of a cluster, in the very environment in which Ray was started there.

Nobody has to say which virtual environment that is: the oldest raylet is asked for its interpreter and environment.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from search.cluster.errors import ClusterError
from search.cluster.link import Link, RemoteFailed

NO_RAY, NO_PYTHON = 97, 96

ENTER = rf"""
pid=$(pgrep -o -u "$(id -u)" -x raylet) || exit {NO_RAY}
words=$(tr '\0' '\n' < "/proc/$pid/cmdline")
python=$(printf '%s\n' "$words" | sed -n 's/^--python_worker_command=\([^ ]*\) .*/\1/p')
session=$(printf '%s\n' "$words" | sed -n 's/^--session_dir=//p')
[ -x "$python" ] || exit {NO_PYTHON}
while IFS= read -r -d '' pair; do export "$pair" 2>/dev/null; done < "/proc/$pid/environ"
export WINNOW_SESSION="$session"
cd
exec "$python" "$@"
"""
"""A script of bash that becomes that Python; Ray needs bash there itself."""

ABOUT = """
import importlib.metadata, importlib.util, json, os, sys
def version(name):
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
try:
    import search
    winnow = search.__version__
except ImportError:
    winnow = None
print(json.dumps({
    "home": os.path.expanduser("~"),
    "python": sys.executable,
    "minor": "%d.%d" % sys.version_info[:2],
    "winnow": winnow,
    "ray": version("ray"),
    "jobs": all(map(importlib.util.find_spec, ("aiohttp", "aiohttp_cors", "opencensus", "prometheus_client"))),
    "session": os.environ["WINNOW_SESSION"],
}))
"""


@dataclass(frozen=True)
class About:
    """What the head says of itself.

    ``python`` is the interpreter's path, ``minor`` its version (`3.12`); ``winnow`` and ``ray`` are versions, None
    where it is not installed; ``jobs`` says whether Ray's Jobs API has its packages; ``session`` is Ray's folder.
    """

    home: str
    python: str
    minor: str
    winnow: str | None
    ray: str | None
    jobs: bool
    session: str


def words_there(words: Sequence[str]) -> list[str]:
    """Return the command that runs the head's Python with these arguments."""
    return ["bash", "-c", ENTER, "winnow", *words]


def python_there(link: Link, words: Sequence[str], *, patience: float = 60.0) -> bytes:
    """Run the head's Python and return what it printed.

    Args:
        link: to the head.
        words: its arguments.
        patience: seconds that it may take.

    Raises:
        LinkLost: the head does not answer.
        RemoteFailed: it ended with another exit code than 0.
        ClusterError: no Ray runs there.
    """
    try:
        return link.run(words_there(words), patience=patience)
    except RemoteFailed as error:
        raise missing(link, error.code) or error from error


def missing(link: Link, code: int) -> ClusterError | None:
    """Return what an exit code of `ENTER` complains of, if it does."""
    if code == NO_RAY:
        return ClusterError(
            f"{link.login.place}: the machine answers, but no Ray runs on it for this user: "
            "`ray up` the cluster again"
        )
    if code == NO_PYTHON:
        return ClusterError(f"{link.login.place}: the Python of the Ray that runs there cannot be found")
    return None


def about(link: Link) -> About:
    """Ask the head what it is.

    Raises:
        ClusterError: see `python_there`.
    """
    said = python_there(link, ["-c", ABOUT])
    try:
        document: dict[str, Any] = json.loads(said.decode().splitlines()[-1])
        return About(**document)
    except (ValueError, IndexError, TypeError) as error:
        raise ClusterError(
            f"{link.login.place}: the head answers in words that are not understood"
        ) from error
