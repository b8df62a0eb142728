"""One connection to the head of a cluster, shared by all that is said through it, with a tunnel to the Jobs API.

A single `ssh` holds the connection (OpenSSH's ControlMaster) and the tunnel. It runs `cat` there, which answers once
when the tunnel stands, and ends with our end of the pipe: also after `kill -9` nothing of it is left, here or there.
"""

from __future__ import annotations

import select
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Self

from search.cluster.errors import ClusterError, LinkLost
from search.cluster.ssh import PATIENCE, Login, rsync_words, ssh_words, why

JOBS_PORT = 8265
"""Of the Jobs API on the head's loopback: Ray's default."""

READY = "winnow: the link is up"

LOGIN = 5.0
"""Seconds from the connection to the answer: keys, a login shell. `ssh` itself gives up a connection before."""

LOST = 255
"""The exit code of `ssh` for an error of its own (ssh(1)); any other one is the remote command's."""


class RemoteFailed(ClusterError):  # noqa: N818 (says what is the case)
    """A command has failed there. ``code`` is its exit code, ``stderr`` what it said."""

    def __init__(self, message: str, *, code: int, stderr: str) -> None:
        super().__init__(message)
        self.code, self.stderr = code, stderr


class Link:
    """A connection to the head while this is entered.

    Args:
        login: who and where.
        patience: seconds to wait for it.

    Raises:
        LinkLost: on entering, when the machine does not answer or does not let us in.
    """

    def __init__(self, login: Login, *, patience: float = PATIENCE) -> None:
        self.login = login
        self._patience = patience
        self._folder = Path()
        self._master: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="winnow-ssh-"))
        try:
            self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def jobs_url(self) -> str:
        """The Jobs API of the cluster, on our own loopback."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def alive(self) -> bool:
        """Whether the connection stands, as far as is known: a cut is noticed within 15 seconds."""
        return self._master is not None and self._master.poll() is None

    def run(self, words: Sequence[str], *, patience: float = 60.0) -> bytes:
        """Run a command there and return what it printed.

        Args:
            words: of the command, each one word there, too.
            patience: seconds that it may take.

        Raises:
            LinkLost: the connection does not stand any more, or nothing came in time.
            RemoteFailed: the command ended with another exit code than 0.
        """
        try:
            ran = subprocess.run(
                self.command(words),
                input=b"",
                capture_output=True,
                check=False,
                timeout=patience,
            )
        except subprocess.TimeoutExpired as error:
            raise LinkLost(f"{self.login.place} has not answered for {patience:.0f} s") from error
        stderr = ran.stderr.decode("utf-8", errors="replace")
        if ran.returncode == LOST:
            raise LinkLost(f"{self.login.place} does not answer: {why(stderr)}")
        if ran.returncode:
            message = f"{self.login.place}: {why(stderr)}"
            raise RemoteFailed(message, code=ran.returncode, stderr=stderr)
        return ran.stdout

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the command line, here, that runs a command there."""
        return [*self._ssh(), self.login.place, shlex.join(words)]

    def rsync(self, words: Sequence[str], *, stdout: IO[bytes] | int | None = subprocess.DEVNULL) -> None:
        """Let rsync copy something through this connection.

        Args:
            words: options and paths; a path there begins with `place_of(…)`.
            stdout: where its progress goes.

        Raises:
            LinkLost: the connection does not stand any more.
            ClusterError: rsync has failed, or is not installed.
        """
        command = [*rsync_words(self.login, control=self._control), *words]
        try:
            ran = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, check=False)
        except FileNotFoundError as error:
            raise ClusterError("rsync is not installed on this machine, and files travel by it") from error
        stderr = ran.stderr.decode("utf-8", errors="replace")
        if ran.returncode == LOST or not self.alive:
            raise LinkLost(f"{self.login.place} does not answer: {why(stderr)}")
        if ran.returncode not in (0, VANISHED):
            raise ClusterError(f"{self.login.place}: the files cannot be copied: {why(stderr)}")

    def place_of(self, path: str) -> str:
        """Return a path there as rsync writes it."""
        return f"{self.login.place}:{path}"

    def close(self) -> None:
        """End the connection."""
        if self._master is not None:
            if self._master.stdin is not None:
                self._master.stdin.close()
            self._master.terminate()
            self._master.wait()
            if self._master.stdout is not None:
                self._master.stdout.close()
            self._master = None
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _control(self) -> Path:
        return self._folder / "s"

    def _ssh(self) -> list[str]:
        return ssh_words(self.login, control=self._control, patience=self._patience)

    def _connect(self) -> None:
        self._port = _free_port()
        tunnel = ["-M", "-o", "ExitOnForwardFailure=yes", "-L"]
        tunnel.append(f"127.0.0.1:{self._port}:127.0.0.1:{JOBS_PORT}")
        there = f"echo {shlex.quote(READY)}; exec cat > /dev/null"
        said = self._folder / "stderr"
        try:
            with said.open("wb") as stderr:
                self._master = subprocess.Popen(
                    [*self._ssh(), *tunnel, self.login.place, there],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                )
        except FileNotFoundError as error:
            raise ClusterError(
                "ssh is not installed on this machine, and the cluster is reached by it"
            ) from error
        if not self._answered():
            reason = why(said.read_text(encoding="utf-8", errors="replace"))
            raise LinkLost(f"{self.login.place} cannot be reached by SSH: {reason}")

    def _answered(self) -> bool:
        """Wait for the line that says that the tunnel stands; a login shell may print others before it."""
        master = self._master
        assert master is not None
        assert master.stdout is not None
        deadline, told = time.monotonic() + self._patience + LOGIN, b""
        while (left := deadline - time.monotonic()) > 0:
            if select.select([master.stdout], [], [], left)[0]:
                more = master.stdout.read1(4096)  # type: ignore[attr-defined]  # a BufferedReader
                if not more:
                    return False
                told += more
                if READY.encode() in told:
                    return True
        return False


VANISHED = 24
"""The exit code of rsync where a file was deleted while it was copied (rsync(1)): a loser's weights, for one."""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
