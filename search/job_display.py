"""The live display of a search that runs on a cluster; its run comes home meanwhile."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.cluster.choose import Cluster
from search.cluster.homing import Homing
from search.cluster.job_log import JobLog, log_of
from search.cluster.jobs import Job
from search.console import Reporter
from search.display import Display
from search.opening import run_of
from search.plan.command import command
from search.plan.mistake import PlanError
from search.runs.errors import StudyError
from search.runs.lease import known_there
from search.summary import print_summary
from search.verb import DONE, FAILED, UserError

RAY_SAYS = re.compile(r"\sINFO job_manager\.py:\d+ -- |^Running entrypoint for job ")
"""What Ray itself writes at the beginning of a job's log."""

DRAWN_EVERY = 0.1
"""Seconds between two pictures: whoever comes late reads the whole log at once."""


@dataclass(frozen=True)
class Followed:
    """A search as a job: on which cluster, the job's id, the run's folder there, Ray's folder there."""

    cluster: Cluster
    job: str
    run: str
    session: str


def follow(followed: Followed, arguments: argparse.Namespace, *, fetch_into: Path | None) -> int:
    """Show a search until it ends, or until Ctrl-C, which leaves it alone; return its exit code.

    Args:
        followed: the search.
        arguments: of the verb.
        fetch_into: the folder of its run on this machine; None: it stays there.

    Raises:
        ClusterError: the head answers, but Ray does not run there any more.
    """
    reporter = Reporter("", "", as_json=arguments.json)
    path = log_of(followed.session, followed.job)
    log = JobLog(followed.cluster.login, followed.job, path, say=reporter.say)
    told = Told(reporter)
    try:
        with reporter.showing(), _coming_home(followed, fetch_into, reporter.say):
            for line in log.lines():
                told.hear(line)
    except KeyboardInterrupt:
        _say_how_to_come_back(followed, reporter.say)
        return FAILED
    assert log.ended is not None
    return _end(followed, log.ended, told, fetch_into)


class Told:
    """What a job has told so far.

    Args:
        reporter: shows it.

    ``end`` is the event with which the search has ended, ``failed`` whether it has ended with an error instead.
    """

    def __init__(self, reporter: Reporter) -> None:
        self.reporter = reporter
        self.end: dict[str, Any] | None = None
        self.failed = False
        self._drawn = 0.0

    def hear(self, line: str) -> None:
        """Show what a line of the log says."""
        event = _event(line)
        if self.reporter.as_json:
            print(line if event else json.dumps({"event": "message", "text": line}), flush=True)
        if event is None:
            self._say("" if RAY_SAYS.search(line) else line)
        elif event.get("event") == "progress":
            self._draw(event)
        elif event.get("event") == "message":
            self._say(str(event.get("text", "")))
        elif event.get("event") == "error":
            self.failed = True
            for mistake in event.get("mistakes", []):
                self._say(str(mistake))
        else:
            self.end = event

    def _say(self, text: str) -> None:
        if not self.reporter.as_json and text.strip():
            self.reporter.say(text)

    def _draw(self, event: dict[str, Any]) -> None:
        now = time.monotonic()
        if self.reporter.as_json or now - self._drawn < DRAWN_EVERY:
            return
        self._drawn = now
        with contextlib.suppress(
            KeyError, TypeError, ValueError
        ):  # of another version: the next line may be right
            self.reporter.draw(Display.from_json(event["display"]))


@contextlib.contextmanager
def _coming_home(
    followed: Followed, folder: Path | None, say: Callable[[str], None]
) -> Iterator[Homing | None]:
    if folder is None:
        yield None
        return
    with homing(followed.cluster, followed.run, folder, say) as found:
        yield found


def homing(cluster: Cluster, run: str, folder: Path, say: Callable[[str], None]) -> Homing:
    """Return what keeps a run at home up to date."""
    name = str(cluster.file.path.resolve())
    return Homing(cluster.login, run, folder, cluster=name, say=say)


def _end(followed: Followed, job: Job, told: Told, folder: Path | None) -> int:
    """Bring the rest home, sum up, and return the exit code."""
    brought = folder is not None and not told.failed
    if folder is not None and brought:
        brought = homing(followed.cluster, followed.run, folder, told.reporter.say).once() is not None
    if job.status != "SUCCEEDED" and told.end is None and not told.failed:
        told.reporter.say(f"the job {job.id} has ended as {job.status}: {_last_line(job.message)}")
    if told.end is not None and told.end.get("event") == "end" and not told.reporter.as_json:
        _sum_up(told.reporter, told.end, folder if brought else None, followed)
    code = job.code if job.code is not None else DONE if job.status == "SUCCEEDED" else FAILED
    return code if code in (0, 1, 2) else FAILED


def _sum_up(reporter: Reporter, end: dict[str, Any], folder: Path | None, followed: Followed) -> None:
    """Print the end of a search from its run at home, else from what the job has said."""
    reason, elapsed = str(end.get("reason", "")), float(end.get("elapsed") or 0.0)
    if folder is not None:
        with contextlib.suppress(UserError, PlanError, StudyError, OSError):
            print_summary(reporter.console, run_of(folder), reason, elapsed)
            return
    best = end.get("best") or {}
    reporter.say(f"{Path(followed.run).name}: {reason}; best {end.get('metric')} {best.get('score')}")


def _say_how_to_come_back(followed: Followed, say: Callable[[str], None]) -> None:
    run = known_there(followed.run, followed.cluster.login.user)
    words = (run, "--cluster", followed.cluster.file.path)
    say(f"The search goes on on {followed.cluster.file.name}.")
    say(f"  come back   {command('follow', *words)}")
    say(f"  stop it     {command('stop', *words)}")


def _event(line: str) -> dict[str, Any] | None:
    """Return the event that a line is; None: it is something else that was said."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "event" in found else None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason is given"
