"""A real bucket for the tests: moto's S3 in a process of its own, which can be stopped for a while as in an outage."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

import pytest
from pyarrow.fs import S3FileSystem

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Buckets:
    """A server with one bucket, `runs`.

    ``away`` and ``back`` are an outage in which connections are taken, but nothing is ever answered.

    Args:
        process: of the server.
        url: of the server.
    """

    def __init__(self, process: subprocess.Popen[bytes], url: str) -> None:
        self._process = process
        self.url = url
        self.environment = {**CREDENTIALS, "AWS_ENDPOINT_URL": url}

    def away(self) -> None:
        """Let the server stand still."""
        self._process.send_signal(signal.SIGSTOP)

    def back(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def put(self, name: str, data: bytes) -> None:
        """Write an object into `runs` whose name may be any: pyarrow's client resolves '..'."""
        import boto3  # type: ignore[import-untyped] # noqa: PLC0415 (comes with moto, which may be missing)

        client = boto3.client("s3", endpoint_url=self.url)
        client.put_object(Bucket="runs", Key=name, Body=data)
        client.close()


@contextmanager
def buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[Buckets]:
    """Yield a server that this process and those that it starts will speak to."""
    pytest.importorskip("moto.server", reason="needs moto[server]")
    command = [sys.executable, "-m", "moto.server", "-p", "0"]
    with tempfile.TemporaryFile(
        "w+b"
    ) as log:  # it logs every request: a pipe that nobody reads would stop it
        process = subprocess.Popen(command, stderr=log, stdout=subprocess.DEVNULL)
        try:
            found = Buckets(process, _address(process, log))
            for name, value in found.environment.items():
                monkeypatch.setenv(name, value)
            S3FileSystem(endpoint_override=found.url, allow_bucket_creation=True).create_dir("runs")
            yield found
        finally:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def server() -> Iterator[Buckets]:
    """A server for all tests of a file."""
    with pytest.MonkeyPatch.context() as patch, buckets(patch) as found:
        yield found


def _address(process: subprocess.Popen[bytes], log: IO[bytes]) -> str:
    while process.poll() is None:
        if told := re.search(rb"Running on (http://127\.0\.0\.1:\d+)", os.pread(log.fileno(), 4096, 0)):
            return told[1].decode()
        time.sleep(0.05)
    raise AssertionError(f"moto's server has ended: {os.pread(log.fileno(), 4096, 0).decode()}")
