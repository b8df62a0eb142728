"""What a job says, line by line, from the first one: also when the laptop was asleep or its network gone meanwhile.

The lines are counted, and after a cut the log is read on from the line where it was: none is lost, none comes twice.
"""

from __future__ import annotations

import itertools
import select
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from search.cluster.errors import ClusterError, LinkLost
from search.cluster.jobs import Job, Jobs
from search.cluster.link import Link
from search.cluster.ssh import Login

PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds before each further try; the last one again and again."""

LOOK_EVERY = 2.0
"""Seconds between two looks whether the job has ended."""

DEAF = 60.0
"""Seconds for which the Jobs API may be silent while the head answers by SSH; then Ray has ended there."""


class _Deaf(LinkLost):
    """The head answers by SSH, but the Jobs API does not."""


def log_of(session: str, job: str) -> str:
    """Return the file in which Ray keeps what a job says (`ray/dashboard/modules/job/common.py`).

    Args:
        session: Ray's folder there.
        job: its id.
    """
    return str(PurePosixPath(session) / "logs" / f"job-driver-{job}.log")


class JobLog:
    """Reads the log of a job to its end.

    Args:
        login: to the head.
        job: its id.
        log: its file there.
        say: takes a line for the user: the link is lost, the link is back.
        sleep: between two tries.

    ``ended`` is the job once it is over, ``seen`` how many lines were yielded.
    """

    def __init__(
        self,
        login: Login,
        job: str,
        log: str,
        *,
        say: Callable[[str], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ended: Job | None = None
        self.seen = 0
        self._login, self._job, self._log = login, job, log
        self._say, self._sleep = say, sleep
        self._lost = False
        self._deaf_since: float | None = None

    def lines(self) -> Iterator[str]:
        """Yield the lines of the log until the job is over.

        Raises:
            ClusterError: the head answers, but Ray does not run there any more.
        """
        pauses = _pauses()
        while self.ended is None:
            try:
                with Link(self._login) as link:
                    for line in self._through(link):
                        pauses = _pauses()
                        yield line
            except LinkLost as error:
                if not isinstance(
                    error, _Deaf
                ):  # the head itself is out of reach: who knows whether Ray is silent
                    self._deaf_since = None
                self._miss(str(error))
                self._sleep(next(pauses))

    def _through(self, link: Link) -> Iterator[str]:
        """Yield lines as long as a link stands."""
        jobs = self._jobs(link)
        with _Tail(link, self._log, self.seen + 1) as tail:
            looked = 0.0
            while True:
                for line in tail.read(0.25):
                    self._found()
                    self.seen += 1
                    yield line
                if time.monotonic() - looked >= LOOK_EVERY:
                    looked = time.monotonic()
                    found = self._look(jobs)
                    if found.ended:
                        break
        yield from self._rest(link)
        self.ended = found

    def _rest(self, link: Link) -> Iterator[str]:
        """Yield what the job has said last."""
        said = link.run(["bash", "-c", f"tail -n +{self.seen + 1} {shlex.quote(self._log)} 2>/dev/null || :"])
        for line in said.decode("utf-8", errors="replace").splitlines():
            self.seen += 1
            yield line

    def _jobs(self, link: Link) -> Jobs:
        try:
            return Jobs(link)
        except ClusterError as error:
            raise self._silent(error) from error

    def _look(self, jobs: Jobs) -> Job:
        try:
            found = jobs.get(self._job)
        except ClusterError as error:
            raise self._silent(error) from error
        self._found()
        return found

    def _silent(self, error: ClusterError) -> ClusterError:
        """Return a loss of the link, as long as it may be one; then the error itself."""
        self._deaf_since = self._deaf_since or time.monotonic()
        if time.monotonic() - self._deaf_since >= DEAF:
            return error
        return _Deaf(f"{self._login.place} does not answer")

    def _miss(self, reason: str) -> None:
        if not self._lost:
            self._lost = True
            self._say(f"{reason}; the search goes on there, and so does this when the link is back")

    def _found(self) -> None:
        self._deaf_since = None
        if self._lost:
            self._lost = False
            self._say("the link is back")


class _Tail:
    """The lines of a growing file there, from one on, while this is entered; the file may not be there yet."""

    def __init__(self, link: Link, path: str, first: int) -> None:
        self._link = link
        words = ["tail", "-n", f"+{first}", "-F", path]
        self._process = subprocess.Popen(
            link.command(words), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._rest = b""

    def __enter__(self) -> _Tail:
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._process.terminate()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def read(self, seconds: float) -> list[str]:
        """Return the whole lines that come within so many seconds; those that are there, at once."""
        stdout = self._process.stdout
        assert stdout is not None
        if not select.select([stdout], [], [], seconds)[0]:
            return []
        more = stdout.read1(65536)  # type: ignore[attr-defined]  # a BufferedReader
        if not more:
            raise LinkLost(f"the link to {self._link.login.place} is cut")
        *lines, self._rest = (self._rest + more).split(b"\n")
        return [line.decode("utf-8", errors="replace") for line in lines]


def _pauses() -> Iterator[float]:
    return itertools.chain(PAUSES, itertools.repeat(PAUSES[-1]))
