"""A worker that trains nothing: its curve is predicted, its files are those that a real one leaves.

Weights and logits are small stand-ins, written in the worker's own time, which nobody counts; the event files are
real.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from search.runs.events import EventWriter
from search.runs.layout import RunLayout
from search.training.predictions import Predictions
from search.tuning.assignment import Assignment, StepResult

METRICS = (
    "val/loss",
    "val/balanced_accuracy",
    "val/f1",
    "train/loss",
    "train/accuracy",
    "train/learning_rate",
)
"""Beside the objective and the images per second: as many scalars an epoch as the trainer writes."""

ENVIRONMENT = {"winnow": "0", "torch": "0", "python": "0", "system": "simulated", "host": "", "device": "cpu"}


class SimulatedStint:
    """One stint of a trial.

    Args:
        text: the assignment, as it travels to a worker.
        curve: the objective's value at each epoch, from the first.
        metric: the objective's name.
        epoch_seconds: what an epoch is said to have taken.
        node: id of the worker's node, and its host's name.
        clock: simulated, in seconds.
    """

    def __init__(
        self,
        text: str,
        curve: Sequence[float],
        *,
        metric: str,
        epoch_seconds: float,
        node: str,
        clock: Callable[[], float],
    ) -> None:
        self.epoch_seconds = epoch_seconds
        assignment = Assignment.from_json(text)
        self.number, self.attempt = assignment.number, assignment.attempt
        self._curve, self._metric, self._node, self._clock = curve, metric, node, clock
        self._run = RunLayout(Path(assignment.run))
        self._folder = self._run.trial(self.number).attempt(self.attempt)
        self._epoch = int(Path(assignment.checkpoint).stem[-5:]) if assignment.checkpoint else 0
        self._folder.folder.mkdir(parents=True)
        self._folder.environment.write_text(json.dumps(ENVIRONMENT), encoding="utf-8")
        self._events = EventWriter(self._folder.folder)
        self._events.start(assignment.config.settings, group=f"scale/{self.number}")

    def step(self) -> str:
        """Write what an epoch leaves on disk; return its result, as it travels to the driver."""
        self._epoch += 1
        path = self._folder.checkpoint(self._epoch)
        path.write_bytes(b"weights")
        self._folder.validation.write_bytes(_predictions())
        self._folder.checkpoint(self._epoch - 2).unlink(missing_ok=True)
        metrics = {self._metric: self._curve[self._epoch - 1], "train/images_per_second": 1000.0}
        metrics |= {name: 0.5 + 0.5 * math.cos(self._epoch) for name in METRICS}
        self._events.scalars(metrics, step=self._epoch)
        result = StepResult(
            self.number,
            self.attempt,
            self._epoch,
            self._epoch,
            metrics,
            seconds=self._epoch * self.epoch_seconds,
            checkpoint=self._run.relative(path),
            began=self._clock() - self.epoch_seconds,
            ended=self._clock(),
            host=self._node,
            device="cpu",
            node=self._node,
        )
        return result.to_json()

    def close(self) -> None:
        """End the stint."""
        self._events.close()


@cache
def _predictions() -> bytes:
    """Return a file of validation logits, a small one."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "validation.npz"
        Predictions(np.zeros((288, 10), np.float16), np.zeros(288, np.int64), np.arange(288), 1).save(path)
        return path.read_bytes()
