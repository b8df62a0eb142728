"""One bundle and one running server for all tests that only ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from benchmarks.serving_load.bundles import random_bundle
from tests.leftovers import MARK

SHAPE = (3, 16, 12)
LIMITS = {"images": 4, "bytes": 200_000, "pixels": 1_000_000, "seconds": 60}  # a busy machine takes long


@dataclass(frozen=True)
class Server:
    url: str
    pid: int

    def post(self, path: str = "/predict", **arguments: object) -> httpx.Response:
        return httpx.post(self.url + path, timeout=60, **arguments)  # type: ignore[arg-type]

    def get(self, path: str, **arguments: object) -> httpx.Response:
        return httpx.get(self.url + path, timeout=60, **arguments)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    settings = {"architecture": "cnn", "layers": 1, "width": 8, "dense_units": 16}
    return random_bundle(tmp_path_factory.mktemp("serving") / "bundle", settings, SHAPE, classes=5).folder


@pytest.fixture(scope="session")
def server(bundle: Path) -> Iterator[Server]:
    words = [
        *(sys.executable, "-m", "search.serve", str(bundle), "--port", "0", "--json"),
        *("--max-images", str(LIMITS["images"]), "--max-bytes", str(LIMITS["bytes"])),
        *("--max-pixels", str(LIMITS["pixels"]), "--timeout", f"{LIMITS['seconds']}s"),
    ]
    # Without the mark: it outlives the tests that use it, each of which must leave nothing behind.
    environment = {name: value for name, value in os.environ.items() if name != MARK}
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            events = map(json.loads, process.stdout)
            url = next(event["url"] for event in events if event["event"] == "serving")
            yield Server(url, process.pid)
        finally:
            process.terminate()
            process.wait(60)
