"""A silent Jobs API is told from a link that is cut, and a lost answer from a refusal."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import requests

from search.cluster import job_log
from search.cluster.errors import ClusterError, LinkLost
from search.cluster.job_log import DEAF, JobLog
from search.cluster.jobs import Jobs
from search.cluster.ssh import Login


class Answers:
    """A link that stands or not, by turns, over which the Jobs API never answers; each try takes its seconds.

    Args:
        tries: whether the head answers by SSH, and how many seconds later the next try is.
    """

    def __init__(self, *tries: tuple[bool, float]) -> None:
        self._tries = iter(tries)
        self.now = 0.0
        self.tried = 0

    def __enter__(self) -> Answers:
        up, seconds = next(self._tries)
        self.now += seconds
        self.tried += 1
        if not up:
            raise LinkLost("no route")
        return self

    def __exit__(self, *_: object) -> None:
        """End."""


def lines(monkeypatch: pytest.MonkeyPatch, link: Answers) -> Iterator[str]:
    def silent(_: Any) -> None:
        raise ClusterError("the Jobs API does not answer")

    monkeypatch.setattr(job_log, "Link", lambda _: link)
    monkeypatch.setattr(job_log, "Jobs", silent)
    monkeypatch.setattr(job_log, "time", SimpleNamespace(monotonic=lambda: link.now))
    return JobLog(Login("head", "me"), "job", "/log", say=lambda _: None, sleep=lambda _: None).lines()


def test_a_ray_that_is_silent_while_the_head_answers_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Answers((True, 1), (True, 1), (True, DEAF), (True, 1))
    with pytest.raises(ClusterError, match="the Jobs API does not answer"):
        list(lines(monkeypatch, link))
    assert link.tried == 3


def test_the_time_without_a_link_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    link = Answers((True, 1), (False, 1), (True, 2 * DEAF), (True, 1), (True, DEAF))
    with pytest.raises(ClusterError, match="the Jobs API does not answer"):
        list(lines(monkeypatch, link))
    assert link.tried == 5


def jobs(error: Exception) -> Jobs:
    """Return the Jobs API of a client that fails."""

    def fail(**_: Any) -> None:
        raise error

    made = Jobs.__new__(Jobs)
    made._client = SimpleNamespace(submit_job=fail, list_jobs=fail)
    return made


def test_a_search_whose_answer_is_lost_may_run() -> None:
    with pytest.raises(ClusterError, match=r"it may run there; `python -m search.follow /runs/mine`"):
        jobs(requests.exceptions.ReadTimeout("timed out")).submit(
            ["search.run"], run="/runs/mine", project=None, root=None
        )
    with pytest.raises(ClusterError, match="could not be begun as a job: no"):
        jobs(RuntimeError("no")).submit(["search.run"], run="/runs/mine", project=None, root=None)
    with pytest.raises(ClusterError, match="does not answer: cut"):
        jobs(requests.exceptions.ConnectionError("cut")).all()
