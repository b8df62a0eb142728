"""The three dashboards as processes of their own, each on the same run folder."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def winnow(runs: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve our dashboard; give its address and process."""
    command = [sys.executable, "-m", "dashboard", "--runs-dir", str(runs), "--port", "0", "--no-browser"]
    with _process(command, subprocess.PIPE) as server:
        assert server.stdout is not None
        for line in server.stdout:
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                threading.Thread(target=server.stdout.read, daemon=True).start()
                yield found[0], server
                return
    raise RuntimeError("the dashboard did not start")


@contextmanager
def optuna_dashboard(journal: Path) -> Iterator[str]:
    """Serve optuna-dashboard on a run's study."""
    port = free_port()
    with _process(
        [str(Path(sys.executable).with_name("optuna-dashboard")), str(journal), "--port", str(port)]
    ):
        yield _answering(port)


@contextmanager
def tensorboard(logs: Path) -> Iterator[str]:
    """Serve TensorBoard with its data server, as it does by itself where the package is there."""
    port = free_port()
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs), "--port", str(port)]
    with _process([*command, "--reload_interval", "3600"]):
        yield _answering(port)


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
        return port


def _answering(port: int) -> str:
    address = f"http://127.0.0.1:{port}"
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.2)
        else:
            return address
    raise RuntimeError(f"{address} does not answer")


@contextmanager
def _process(command: list[str], out: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, text=True) as server:
        try:
            yield server
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
