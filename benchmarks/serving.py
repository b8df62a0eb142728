"""What serving costs around the model: `search.serve` on loopback beside the bare forward pass on the same cores.

    python -m benchmarks.serving --rounds 5 --seconds 5

For a ResNet-18 at 32×32×3 and the CNN of the registry at 28×28×1, both with random weights: 1, 8 and 32 clients, each
of which sends one PNG image a request and waits for its answer before the next. The clients are one process on the same
cores. The bare pass is ONNX Runtime alone with as many threads as the replica has, at the best of several batch sizes;
it is measured before and behind each round's clients, and the ratio is that to the mean of the two.

    rate    requests per second, the median over the rounds
    p50     the median latency of a request, in ms; the median over the rounds
    p99     its 99th percentile, likewise
    ratio   rate / bare rate of the same round: median (least to greatest)

Needs Winnow with its extra `serve`.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.serving_load.bundles import random_bundle
from search.tuning.resources import this_machine
from search.winner.bundle import Bundle

CLIENTS = (1, 8, 32)
BATCHES = ("1", "4", "8", "16", "32")

MODELS: dict[str, tuple[dict[str, Any], tuple[int, int, int]]] = {
    "ResNet-18, 32×32×3": ({"architecture": "resnet18"}, (3, 32, 32)),
    "CNN, 28×28×1": ({"architecture": "cnn"}, (1, 28, 28)),
}
"""Name in the table: settings and shape (C, H, W)."""


@dataclass(frozen=True)
class Measured:
    """One round at one number of clients; ``bare`` is in images per second, the latencies in seconds."""

    rate: float
    p50: float
    p99: float
    bare: float

    @property
    def ratio(self) -> float:
        """Share of the bare rate."""
        return self.rate / self.bare


@contextmanager
def serving(bundle: Bundle, arguments: list[str]) -> Iterator[str]:
    """Serve a bundle on any port; yield its URL."""
    command = [sys.executable, "-m", "search.serve", str(bundle.folder), "--port", "0", "--json", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None, "it is a pipe"
            for line in process.stdout:
                said = json.loads(line)
                if said["event"] == "serving":
                    yield said["url"]
                    break
            else:
                raise RuntimeError("the server has not started")
        finally:
            process.terminate()
            process.wait(60)


def measured(*words: str) -> Any:
    """Run a module of this benchmark; return what it prints."""
    done = subprocess.run([sys.executable, "-m", *words], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def bare_rate(bundle: Bundle, seconds: float) -> float:
    """Return the bare model's images per second at its best batch size."""
    found: dict[str, float] = measured(
        "benchmarks.serving_load.bare",
        str(bundle.folder),
        "--seconds",
        str(seconds),
        "--batches",
        *BATCHES,
    )
    return max(found.values())


def round_of(bundle: Bundle, url: str, image: Path, seconds: float) -> dict[int, Measured]:
    """Measure all numbers of clients once, between two measurements of the bare model."""
    before = bare_rate(bundle, seconds)
    asked = ("benchmarks.serving_load.client", url, str(image), "--seconds", str(seconds), "--clients")
    found = {clients: measured(*asked, str(clients)) for clients in CLIENTS}
    bare = (before + bare_rate(bundle, seconds)) / 2
    return {clients: Measured(**one, bare=bare) for clients, one in found.items()}


def rounds_of(name: str, folder: Path, count: int, seconds: float) -> list[dict[int, Measured]]:
    """Measure a model so many times."""
    settings, shape = MODELS[name]
    bundle = random_bundle(folder, settings, shape)
    channels, height, width = shape
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)
    image = folder / "image.png"
    Image.fromarray(pixels[..., 0] if channels == 1 else pixels).save(image)
    with serving(bundle, []) as url:
        measured("benchmarks.serving_load.client", url, str(image), "--seconds", "2", "--clients", "32")
        return [round_of(bundle, url, image, seconds) for _ in range(count)]


def rows(name: str, rounds: list[dict[int, Measured]]) -> Iterator[str]:
    """Yield the lines of the table for a model."""
    for clients in CLIENTS:
        found = [one[clients] for one in rounds]
        rate, p50, p99, bare = (
            statistics.median(getattr(one, field) for one in found)
            for field in ("rate", "p50", "p99", "bare")
        )
        ratios = sorted(one.ratio for one in found)
        yield (
            f"| {name} | {clients} | {rate:,.0f} | {1000 * p50:.1f} | {1000 * p99:.1f} | {bare:,.0f} "
            f"| {statistics.median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f}) |"
        )


def main() -> None:
    """Parse, measure, print a table in Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each measurement")
    parser.add_argument("--models", nargs="+", choices=tuple(MODELS), default=list(MODELS))
    arguments = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("ray", "onnxruntime", "fastapi", "uvicorn"))
    print(f"{this_machine().cpus} cores, {platform.machine()}; {versions}; {arguments.rounds} rounds\n")
    print("| model | clients | requests/s | p50 ms | p99 ms | bare images/s | ratio |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for name in arguments.models:
        with tempfile.TemporaryDirectory() as folder:
            rounds = rounds_of(name, Path(folder), arguments.rounds, arguments.seconds)
        print("\n".join(rows(name, rounds)), flush=True)


if __name__ == "__main__":
    main()
