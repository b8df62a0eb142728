"""A command of the pages that goes on until it is interrupted, on a port that is free."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.docs.commands import Command
from tests.docs.pages import REPOSITORY

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@contextmanager
def serving(command: Command, folder: Path) -> Iterator[str]:
    """Start it in a folder and return the address that it prints; it must end by itself when interrupted."""
    words = [sys.executable, "-m", str(command.module), *command.arguments, "--port", "0"]
    words += ["--no-browser"] if command.module == "dashboard" else []
    words = [word.replace("~", str(folder)) for word in words]
    environment = {**os.environ, "HOME": str(folder), "PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _address(process)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                assert process.wait(120) == 0
            finally:
                process.kill()


def asked(command: Sequence[str], address: str, folder: Path) -> str:
    """Run the page's `curl` against a server that has another port; return what it prints."""
    words = [ADDRESS.sub(address, word) for word in command]
    ran = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True, timeout=120)
    return ran.stdout


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"URL: +(http://[^/\s]+)", line):
            return found[1]
    raise AssertionError("".join(lines))
