"""TensorBoard with its data server as a process, asked over HTTP as its page asks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psutil

PATIENCE = 600.0
"""Seconds until it must know everything."""

PAGE = 500
"""Runs that are asked for at once."""


class Served:
    """TensorBoard over a folder, for the time of a `with` block.

    Args:
        folder: of the logs.
    """

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--port", "0"]
        command += ["--load_fast", "true", "--reload_interval", "5"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._url = ""

    def __enter__(self) -> Served:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if found := re.search(r"http://[^:]+:(\d+)", line):
                self._url = f"http://127.0.0.1:{found[1]}/experiment/defaultExperimentId/data/plugin/scalars"
                return self
        raise RuntimeError("TensorBoard did not start")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.communicate()

    def wait_for(self, tag: str, runs: Sequence[str], points: int) -> None:
        """Ask until the answers have so many points of a tag for every run.

        Raises:
            TimeoutError: that took longer than `PATIENCE`.
        """
        deadline = time.monotonic() + PATIENCE
        for begin in range(0, len(runs), PAGE):
            asked = runs[begin : begin + PAGE]
            while not self._knows(tag, asked, points):
                if time.monotonic() > deadline:
                    raise TimeoutError(
                        f"TensorBoard does not know all of {len(runs)} runs in {PATIENCE:.0f} s"
                    )
                time.sleep(0.5)

    def used(self) -> tuple[float, float]:
        """Return the CPU seconds and the resident MB of all its processes."""
        family = self._family()
        times = [process.cpu_times() for process in family]
        memory = sum(process.memory_info().rss for process in family) / 2**20
        return sum(used.user + used.system for used in times), memory

    def _knows(self, tag: str, runs: Sequence[str], points: int) -> bool:
        body = urllib.parse.urlencode([("tag", tag), *(("runs", run) for run in runs)]).encode()
        with urllib.request.urlopen(f"{self._url}/scalars_multirun", body) as answer:
            found = json.load(answer)
        return all(len(found.get(run, ())) >= points for run in runs)

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(self._process.pid)
        return [*parent.children(recursive=True), parent]
