"""The bare forward pass of a bundle's model.onnx: ONNX Runtime alone, on all cores, at each of several batch sizes.

    python -m benchmarks.serving_load.bare BUNDLE --seconds 5 --batches 1 8 32

Prints one JSON object: images per second by batch size. The sizes take turns, so that a slow moment hits all.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from pathlib import Path

import numpy as np

from search.tuning.resources import this_machine
from search.winner.bundle import Bundle
from search.winner.description import Description
from search.winner.formats.onnx_session import onnx_session

TURN = 0.25
"""Seconds of one size's turn."""


def rates(bundle: Bundle, batches: list[int], seconds: float, threads: int) -> dict[int, float]:
    """Return images per second by batch size, each measured for its share of the seconds."""
    session = onnx_session(bundle.onnx, threads=threads)
    shape = Description.read(bundle.config).shape
    inputs = {
        size: np.random.default_rng(0).standard_normal((size, *shape)).astype(np.float32) for size in batches
    }
    for images in inputs.values():
        session(images)
    done: Counter[int] = Counter()
    taken: dict[int, float] = dict.fromkeys(batches, 0.0)
    while sum(taken.values()) < seconds:
        for size, images in inputs.items():
            began = time.perf_counter()
            while time.perf_counter() - began < TURN:
                session(images)
                done[size] += size
            taken[size] += time.perf_counter() - began
    return {size: done[size] / taken[size] for size in batches}


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=this_machine().cpus)
    arguments = parser.parse_args()
    print(
        json.dumps(rates(Bundle(arguments.bundle), arguments.batches, arguments.seconds, arguments.threads))
    )


if __name__ == "__main__":
    main()
