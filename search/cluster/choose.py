"""Where a command runs: on the cluster that it names, on the one of `./cluster.yaml` where that is up, or here."""

from __future__ import annotations

import shlex
import socket
import time
from dataclasses import dataclass
from pathlib import Path

from search.cluster.config import ClusterFile, read_cluster
from search.cluster.errors import ClusterError
from search.cluster.head import address_of_head
from search.cluster.remembered import remembered
from search.cluster.ssh import Login, login_of
from search.plan.cluster_yaml import DEFAULT

LOOK = 3.0
"""Seconds in all for which a command that names no cluster looks whether there is one."""

SSH_PORT = 22
"""Of every machine: Ray lets nobody choose another one."""

ASK = 30.0
"""Seconds that the provider may take where a cluster was named."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up: its file, and how one logs in to its head."""

    file: ClusterFile
    login: Login

    @property
    def text(self) -> str:
        """It in words."""
        return f"the cluster {self.file.name}, {self.login.place}"


@dataclass(frozen=True)
class Chosen:
    """Where a command runs: on ``cluster``, or here (None). ``why_not`` says why not on `./cluster.yaml`'s."""

    cluster: Cluster | None
    why_not: str = ""


HERE = Chosen(None)


def choose(cluster: Path | None, *, look: bool) -> Chosen:
    """Return where a command runs.

    Args:
        cluster: the file of the cluster that it was told to run on.
        look: where it was told nothing, whether there is `./cluster.yaml` and its cluster is up.

    Raises:
        ClusterError: the cluster that was named is not up, or its file is none.
    """
    if cluster is not None:
        return Chosen(named(cluster))
    return _looked() if look and DEFAULT.is_file() else HERE


def named(path: Path) -> Cluster:
    """Return the cluster of a file that the user has named.

    Raises:
        ClusterError: it is not up, or the file is none.
    """
    file = read_cluster(path)
    completed = remembered(file) or {"provider": file.provider, "auth": file.auth}
    host = address_of_head(file, completed, patience=ASK)
    if host is None:
        begin = shlex.join(["ray", "up", str(path)])
        raise ClusterError(f"{path}: the cluster {file.name} is not up: begin it by `{begin}`")
    return Cluster(file, login_of(host, {**file.auth, **completed["auth"]}))


def _looked() -> Chosen:
    """Look, for `LOOK` seconds at the most, whether the cluster of `./cluster.yaml` is up."""
    deadline = time.monotonic() + LOOK
    try:
        file = read_cluster(DEFAULT)
        completed = remembered(file)
        if completed is None:
            return HERE
        host = address_of_head(file, completed, patience=LOOK)
    except ClusterError as error:
        return Chosen(None, str(error))
    if host is None:
        return Chosen(None, f"the cluster {file.name} of {DEFAULT} is not up")
    found = Cluster(file, login_of(host, {**file.auth, **completed["auth"]}))
    if found.login.proxy is None and not _listens(host, deadline - time.monotonic()):
        return Chosen(None, f"the cluster {file.name} of {DEFAULT} does not answer at {host}")
    return Chosen(found)


def _listens(host: str, seconds: float) -> bool:
    """Return whether a machine takes SSH connections."""
    try:
        socket.create_connection((host, SSH_PORT), timeout=max(seconds, 0.1)).close()
    except OSError:
        return False
    return True
