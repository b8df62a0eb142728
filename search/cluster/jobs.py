"""Searches as jobs of Ray's Jobs API, which runs them on the head and keeps what they say."""

from __future__ import annotations

import getpass
import json
import logging
import shlex
import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import search
from search.cluster.errors import ClusterError
from search.cluster.link import Link
from search.plan.command import command
from search.plan.plugins import PROJECT

ENDED = ("SUCCEEDED", "FAILED", "STOPPED")


@dataclass(frozen=True)
class Job:
    """A search as a job: its id, the folder of its run, its status in Ray's words, what it ended with.

    ``start`` is in seconds since 1970, ``code`` the exit code of the driver, None while it runs; ``message`` is Ray's.
    """

    id: str
    run: str
    status: str
    start: float
    code: int | None
    message: str
    by: str

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.status in ENDED


class Jobs:
    """The jobs of a cluster, through the tunnel of a link.

    Args:
        link: to its head.

    Raises:
        ClusterError: Ray's packages for it are missing here, or the Jobs API does not answer.
    """

    def __init__(self, link: Link) -> None:
        try:
            # Ray costs a second that no --help and no local command should take.
            from ray.job_submission import JobSubmissionClient  # noqa: PLC0415
        except ImportError as error:
            raise ClusterError(_packages(str(error))) from error
        try:
            self._client = JobSubmissionClient(link.jobs_url)
            # What is uploaded where is not for the user; the client has its own logger (2.60).
            logging.getLogger("ray").setLevel(logging.WARNING)
            logging.getLogger("ray.dashboard.modules.dashboard_sdk").setLevel(logging.WARNING)
            logging.getLogger("ray._private.runtime_env.packaging").setLevel(logging.WARNING)
        except (OSError, RuntimeError) as error:  # those of `requests` are OSError, and no ConnectionError
            raise ClusterError(
                _packages(str(error))
                if "ray[default]" in str(error)
                else f"{link.login.place}: Ray's Jobs API does not answer on port 8265 of the head's loopback: begin "
                "Ray there with --dashboard-host=127.0.0.1, and with ray[default] installed"
            ) from error

    def submit(self, words: Sequence[str], *, run: str, project: Path | None, root: Path | None) -> str:
        """Begin a job and return its id.

        Args:
            words: its command.
            run: the folder of its run there.
            project: a folder whose files become its working directory, on every worker; None: none do.
            root: where these files lie on this machine.

        Raises:
            ClusterError: the Jobs API has refused it, or its answer is lost: then the job may run.
        """
        name = f"winnow-{Path(run).name}-{uuid.uuid4().hex[:6]}"
        environment: dict[str, Any] = {"env_vars": {PROJECT: str(root)}} if root else {}
        if project:
            environment["working_dir"] = str(project)
        about = {
            "winnow": search.__version__,
            "winnow_run": run,
            "winnow_by": f"{getpass.getuser()}@{socket.gethostname()}",
        }
        try:
            submitted: str = self._client.submit_job(
                entrypoint=shlex.join(words), submission_id=name, runtime_env=environment, metadata=about
            )
        except OSError as error:  # before ValueError: some errors of `requests` are both
            raise ClusterError(
                f"the link was lost while the search was begun as the job {name} ({_reason(error)}): it may run there; "
                f"`{command('follow', run)}` with the same --cluster says so"
            ) from error
        except (RuntimeError, ValueError) as error:
            raise ClusterError(f"the search could not be begun as a job: {_reason(error)}") from error
        return submitted

    def of_run(self, run: str) -> Job | None:
        """Return the last job of a run, by the run's folder there; None: it has none."""
        jobs = [job for job in self.all() if job.run == run]
        return max(jobs, key=lambda job: job.start, default=None)

    def all(self) -> list[Job]:
        """Return the searches among the jobs of the cluster."""
        with _asking():
            found = self._client.list_jobs()
        return [_job(one) for one in found if (one.metadata or {}).get("winnow_run")]

    def get(self, job: str) -> Job:
        """Return a job by its id."""
        with _asking():
            return _job(self._client.get_job_info(job))


class _asking:  # noqa: N801 (a context, named as it reads)
    """Within it what the Jobs API raises becomes one sentence."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        if isinstance(error, RuntimeError | OSError):
            raise ClusterError(f"Ray's Jobs API does not answer: {_reason(error)}") from error


def _job(details: Any) -> Job:
    metadata = details.metadata or {}
    return Job(
        id=str(details.submission_id),
        run=str(metadata.get("winnow_run", "")),
        status=str(getattr(details.status, "value", details.status)),
        start=(details.start_time or 0) / 1000,
        code=details.driver_exit_code,
        message=str(details.message or ""),
        by=str(metadata.get("winnow_by", "")),
    )


def _packages(reason: str) -> str:
    missing = " ".join(reason.split())[:120]
    return (
        "a search is sent to a cluster by Ray's Jobs API, whose packages are missing on this machine "
        f"({missing}): pip install 'winnow-search[cluster]'"
    )


def _reason(error: BaseException) -> str:
    """Return what the Jobs API says, without the traceback of its server."""
    text = str(error)
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    try:
        return str(json.loads(text)["msg"])
    except (ValueError, KeyError, TypeError):
        return lines[-1] if lines else type(error).__name__
