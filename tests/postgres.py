"""A real PostgreSQL for the tests: Debian's server, on a free port of the loopback, in a folder that goes away.

PostgreSQL refuses to run as root, so root becomes the user `postgres`, whom Debian's package makes.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import psycopg
import pytest

from tests.leftovers import MARK

PROGRAMS = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",  # the power stays on
    "autovacuum": "off",
}


class Postgres:
    """A server with one empty database, which any number of searches may use.

    Args:
        folder: takes the data; belongs to the user `postgres`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self._port = folder / "data", _free_port()
        initdb = ["-D", str(self._folder), "-U", "winnow", "--auth=trust", "-E", "UTF8", "--locale=C", "-N"]
        self._do("initdb", initdb)

    @property
    def url(self) -> str:
        """The Optuna storage URL."""
        return f"postgresql://winnow@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it takes connections; after a crash it recovers first."""
        settings = " ".join(f"-c {name}='{value}'" for name, value in SETTINGS.items())
        log = self._folder / "log"
        self._do(
            "pg_ctl",
            ["-D", str(self._folder), "-l", str(log), "-w", "-o", f"-p {self._port} {settings}", "start"],
        )

    def stop(self, mode: Literal["fast", "immediate"] = "fast") -> None:
        """Stop it: `fast` is a shutdown that cuts all connections, `immediate` is a crash of the server."""
        self._do("pg_ctl", ["-D", str(self._folder), "-w", "-m", mode, "stop"])

    @property
    def running(self) -> bool:
        """Whether it runs."""
        return (self._folder / "postmaster.pid").exists()

    def count(self, query: str) -> int:
        """Return the one number that a query finds."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return int(row[0])

    def _do(self, program: str, arguments: Sequence[str]) -> None:
        path = max(PROGRAMS.glob(f"*/bin/{program}"))
        environment = {k: v for k, v in os.environ.items() if k in ("PATH", MARK)}
        subprocess.run(
            [str(path), *arguments],
            check=True,
            cwd="/",
            env=environment,
            user="postgres" if os.geteuid() == 0 else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Yield a server that runs, and leave nothing of it; skip the test where there is no PostgreSQL."""
    if not list(PROGRAMS.glob("*/bin/initdb")):
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="winnow-test-postgres-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres", "postgres")
        server = Postgres(folder)
        server.start()
        try:
            yield server
        finally:
            if server.running:
                server.stop("immediate")
    finally:
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
