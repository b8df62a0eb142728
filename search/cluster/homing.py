"""Keeps the copy of a run at home up to date while its search goes on elsewhere, so that the dashboard can show it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from search.cluster.errors import ClusterError, LinkLost
from search.cluster.fetch_ssh import Fetched, NoRun, fetch_ssh
from search.cluster.link import Link
from search.cluster.ssh import Login

EVERY = 10.0
"""Seconds between two looks: as often as a bucket is written to."""


class Complaint:
    """Says a reason when it is a new one: a train has many tunnels, a full disk no end.

    Args:
        say: takes a line for the user.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = ""

    def say(self, text: str) -> None:
        """Say it, unless it was the last that was said."""
        if text != self._last:
            self._last = text
            self._say(text)

    def over(self) -> None:
        """Take note that it went well, so that the same reason is a new one."""
        self._last = ""


class Homing:
    """Brings a run home every few seconds, in a thread, while this is entered; and once more at the end of it.

    Args:
        login: to the head.
        run: the run's folder there.
        folder: of the run here.
        cluster: the name of the cluster file.
        say: takes a line for the user, where the run cannot be brought home.
        every: seconds between two looks.
    """

    def __init__(
        self,
        login: Login,
        run: str,
        folder: Path,
        *,
        cluster: str,
        say: Callable[[str], None],
        every: float = EVERY,
    ) -> None:
        self.last: Fetched | None = None
        self._login, self._run, self._folder = login, run, folder
        self._cluster, self._every = cluster, every
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="fetch")
        self._complaint = Complaint(say)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def once(self) -> Fetched | None:
        """Bring home what is there now, and return what that was; None where it cannot be had."""
        try:
            with Link(self._login) as link:
                self._fetch(link)
        except (ClusterError, OSError) as error:  # of this machine's disk, for one
            self._complaint.say(str(error))
            return None
        return self.last

    def _work(self) -> None:
        while not self._over.is_set():
            try:
                with Link(self._login) as link:
                    self._as_long_as_it_stands(link)
            except (LinkLost, NoRun):  # whoever follows the search says the one; the other comes soon
                self._over.wait(self._every)
            except (ClusterError, OSError) as error:
                self._complaint.say(str(error))
                self._over.wait(self._every)

    def _as_long_as_it_stands(self, link: Link) -> None:
        while not self._over.wait(self._every if self.last else 1.0):
            self._fetch(link)

    def _fetch(self, link: Link) -> None:
        self.last = fetch_ssh(link, self._run, self._folder, cluster=self._cluster)
        self._complaint.over()
