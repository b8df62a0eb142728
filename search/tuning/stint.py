"""One stretch of a trial on a worker: train, measure, save; knows no Ray, so that a script can run it too.

What a worker writes lies below its attempt's folder and is there before the report leaves: the checkpoint, durable,
then validation logits and events. So a crash at any instant loses at most the epoch in flight.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import platform
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

import search
from search.plan.plugins import load_plugins
from search.plan.trial_config import TrialConfig
from search.runs.events import EventWriter
from search.runs.layout import AttemptLayout, RunLayout, write_json
from search.training.data import load_data, load_test
from search.training.errors import DataError
from search.training.fit import Training, fit

log = logging.getLogger("search")

NO_FAULT = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS),  # full, over the user's quota, read-only
    *(errno.EIO, errno.ESTALE, errno.ENOTCONN, errno.EACCES),  # a disk or a mount that is gone
    *(errno.EMFILE, errno.ENFILE),  # no more open files
}
"""What a file system says that no trial is to blame for."""


@dataclass(frozen=True)
class Assignment:
    """What a worker is told: the run's folder, trial and attempt, the configuration, where to go on from.

    ``test``: after its last epoch the model looks at the test images.
    """

    run: str
    number: int
    attempt: int
    config: TrialConfig
    checkpoint: str | None = None
    data_dir: str | None = None
    test: bool = False

    def to_json(self) -> str:
        """Return this as text, the form in which it travels to a worker."""
        return json.dumps({**vars(self), "config": self.config.to_json()})

    @classmethod
    def from_json(cls, text: str) -> Assignment:
        """Read what `to_json` wrote."""
        document = json.loads(text)
        return cls(**{**document, "config": TrialConfig.from_json(document["config"])})


@dataclass(frozen=True)
class StepResult:
    """What a worker says of one epoch; ``failure`` is the reason why there is none.

    ``no_fault`` is the reason where the images cannot be read or the run's folder cannot be written: the next
    trial would fail as this one.
    ``began`` and ``ended`` are seconds since 1970 on the worker's clock.
    """

    number: int
    attempt: int
    step: int = 0
    epoch: int = 0
    metrics: Mapping[str, float] | None = None
    seconds: float = 0.0
    checkpoint: str | None = None
    failure: str = ""
    no_fault: str = ""
    began: float = 0.0
    ended: float = 0.0
    host: str = ""
    device: str = ""
    process: int = 0

    def to_json(self) -> str:
        """Return this as text: Ray Tune would flatten a mapping and rename its keys."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> StepResult:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))


class StintRunner:
    """Runs a stint epoch by epoch. Making one is cheap; the first `step` loads the data and builds the model."""

    def __init__(self, assignment: Assignment, *, device: str = "auto") -> None:
        self._assignment = assignment
        self._run = RunLayout(Path(assignment.run))
        self._folder: AttemptLayout = self._run.trial(assignment.number).attempt(assignment.attempt)
        self._device = device
        self._training: Training | None = None
        self._events: EventWriter | None = None
        self._handler: logging.Handler | None = None

    def step(self) -> StepResult:
        """Train one epoch and make it durable. What goes wrong comes back as a failure with its reason."""
        began = time.time()
        try:
            result = self._step()
        except Exception as error:
            log.exception("trial %d failed", self._assignment.number)
            no_fault = _no_fault(error)
            result = {"no_fault": no_fault} if no_fault else {"failure": _reason(error)}
        return StepResult(
            number=self._assignment.number,
            attempt=self._assignment.attempt,
            began=began,
            ended=time.time(),
            host=socket.gethostname(),
            device=self._device_name(),
            process=os.getpid(),
            **result,
        )

    def close(self) -> None:
        """End the stint and let go of the model."""
        if self._training is not None:
            self._training.close()
            self._training = None
        # On a full disk even closing fails: what could not be written was told when it was.
        if self._events is not None:
            with contextlib.suppress(OSError):
                self._events.close()
            self._events = None
        if self._handler is not None:
            log.removeHandler(self._handler)
            with contextlib.suppress(OSError):
                self._handler.close()
            self._handler = None

    def _step(self) -> dict[str, Any]:
        if self._training is None:
            self._open()
        assert self._training is not None
        assert self._events is not None
        report = next(self._training)
        path = self._folder.checkpoint(report.step)
        self._training.save(path)
        self._training.predictions().save(self._folder.validation)
        if self._assignment.test and report.epoch == self._assignment.config.epochs:
            split = load_test(self._assignment.config.data, directory=self._data_dir())
            self._training.predictions(split).save(self._folder.test)
        self._events.scalars(report.metrics, step=report.step)
        # The last checkpoint may not be recorded when the driver dies now; the one before it is.
        for old in self._folder.checkpoints()[:-2]:
            old.unlink()
        log.info("epoch %d of %d: %s", report.epoch, self._assignment.config.epochs, dict(report.metrics))
        return {
            "step": report.step,
            "epoch": report.epoch,
            "metrics": dict(report.metrics),
            "seconds": report.seconds,
            "checkpoint": self._run.relative(path),
        }

    def _open(self) -> None:
        task = self._assignment
        self._folder.folder.mkdir(parents=True, exist_ok=True)
        self._handler = logging.FileHandler(self._folder.log)
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        log.addHandler(self._handler)
        log.setLevel(logging.INFO)
        load_plugins([Path(plugin) for plugin in task.config.plugins])
        write_json(self._folder.environment, environment(self._device_name()), durable=False)
        self._events = EventWriter(self._folder.folder)
        self._events.start(task.config.settings, group=f"{self._run.root.name}/{task.number}")
        data = load_data(task.config.data, directory=self._data_dir())
        self._training = fit(task.config, data, checkpoint=self._checkpoint(), device=self._device)

    def _data_dir(self) -> Path | None:
        return Path(self._assignment.data_dir) if self._assignment.data_dir else None

    def _checkpoint(self) -> Path | None:
        """Return where to go on from: the recorded checkpoint, else the last one before it that is there."""
        if self._assignment.checkpoint is None:
            return None
        recorded = self._run.root / self._assignment.checkpoint
        if recorded.is_file():
            return recorded
        attempts = self._run.trial(self._assignment.number).attempts()
        older = [path for attempt in attempts for path in attempt.checkpoints() if path.name < recorded.name]
        found = max(older, key=lambda path: path.name, default=None)
        log.warning("%s is missing: the trial goes on from %s", recorded, found or "the start")
        return found

    def _device_name(self) -> str:
        if self._device != "auto":
            return self._device
        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def environment(device: str) -> dict[str, str]:
    """Return what a result depends on beside its configuration."""
    return {
        "winnow": search.__version__,
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        "system": platform.platform(),
        "host": socket.gethostname(),
        "device": device,
    }


def _reason(error: Exception) -> str:
    """Return an error as one line; the whole of it is in the log of the attempt."""
    text = (str(error) or repr(error)).strip().splitlines()[0]
    return text if type(error).__module__.startswith("search.") else f"{type(error).__name__}: {text}"


def _no_fault(error: BaseException) -> str:
    """Return why no trial can go on, if that is behind an error: torch hides it behind its own."""
    if isinstance(error, DataError):
        return str(error)
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in NO_FAULT:
            return os.strerror(cause.errno)
        cause = cause.__cause__ or cause.__context__
    return ""
