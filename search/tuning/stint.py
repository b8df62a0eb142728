"""One stretch of a trial on a worker: train, measure, save; knows no Ray, so that a script can run it too.

What a worker writes lies below its attempt's folder and is there before the report leaves: the checkpoint, durable,
then validation logits and events. So a crash at any instant loses at most the epoch in flight.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from search.plan.plugins import load_plugins
from search.runs.causes import causes, reason_of
from search.runs.events import EventWriter
from search.runs.layout import AttemptLayout, RunLayout, write_json
from search.runs.outage import AWAY
from search.training.checkpoint import load_checkpoint
from search.training.data import load_data
from search.training.errors import CheckpointError, DataError, Interrupted
from search.training.report import Report
from search.training.transfer import TRANSFER
from search.tuning.assignment import Assignment, StepResult
from search.tuning.attempt_log import AttemptLog
from search.tuning.crew import Crew
from search.tuning.environment import environment
from search.tuning.leaving import SOON
from search.tuning.machine_faults import MachineError, machine_fault
from search.tuning.trainer import OwnTrainer, Trainer
from search.tuning.transport import OwnSupplies, SharedFolder, Supplies, Transport

log = logging.getLogger("search")

NO_FAULT = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EROFS),  # full, over the user's quota, read-only
    errno.EACCES,
    *(errno.EMFILE, errno.ENFILE),  # no more open files
    *AWAY,
}
"""What a file system says that no trial is to blame for."""


class StintRunner:
    """Runs a stint epoch by epoch. Making one is cheap; the first `step` loads the data and builds the model.

    Args:
        assignment: what to do.
        device: what torch trains on; `auto`: a GPU where there is one.
        transport: how files come into the run's folder; None: it is seen from here.
        supplies: what this node gets from the driver's.
        leaving: returns why this machine will soon be gone, at once; empty: it stays.
        crew: the processes that train the trial together; None: this one trains it.
    """

    def __init__(
        self,
        assignment: Assignment,
        *,
        device: str = "auto",
        transport: Transport | None = None,
        supplies: Supplies | None = None,
        leaving: Callable[[], str] = str,
        crew: Crew | None = None,
    ) -> None:
        self._assignment = assignment
        self._leaving, self._crew = leaving, crew
        self._was_cut = self._in_the_middle = False
        self._transport = transport or SharedFolder(Path(assignment.run))
        self._supplies = supplies or OwnSupplies()
        self._run = RunLayout(self._transport.root)
        self._folder: AttemptLayout = self._run.trial(assignment.number).attempt(assignment.attempt)
        self._device = device
        self._trainer: Trainer | None = None
        self._events: EventWriter | None = None
        self._log: AttemptLog | None = None
        self._environment: dict[str, str] = {}

    def step(self) -> StepResult:
        """Train one epoch and make it durable, or what there is of it where this machine will soon be gone.

        What goes wrong comes back as a failure with its reason.

        Raises:
            MachineError: this machine, not the trial, is to blame: the process must end, the trial goes on elsewhere.
        """
        began = time.time()
        try:
            result = self._step()
        except Exception as error:
            log.exception("trial %d failed", self._assignment.number)
            with contextlib.suppress(
                OSError
            ):  # the log, which says more than the reason; the reason goes its own way
                self._transport.deliver(self._folder.folder)
            if machine := machine_fault(error) or self._own_disk(error):
                raise MachineError(machine) from error
            no_fault = _no_fault(error) or self._transport.gone()
            result = {"no_fault": no_fault} if no_fault else {"failure": reason_of(error)}
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

    @property
    def log(self) -> Path:
        """The log of this attempt."""
        return self._folder.log

    def close(self) -> None:
        """End the stint and let go of the model."""
        if self._trainer is not None:
            self._trainer.close()
            self._trainer = None
        # On a full disk even closing fails: what could not be written was told when it was.
        if self._events is not None:
            with contextlib.suppress(OSError):
                self._events.close()
            self._events = None
        if self._log is not None:
            self._log.close()
            self._log = None
        with contextlib.suppress(OSError):
            self._transport.leave(self._folder.folder)

    def _step(self) -> dict[str, Any]:
        if self._trainer is None:
            self._open()
        assert self._trainer is not None
        try:
            report = self._trainer.epoch()
        except Interrupted as cut:
            return self._leave_off(self._trainer, cut)
        return self._finish(self._trainer, report)

    def _finish(self, trainer: Trainer, report: Report) -> dict[str, Any]:
        """Make an epoch durable that has ended."""
        assert self._events is not None
        partly, self._in_the_middle = self._in_the_middle, False
        path = self._folder.checkpoint(report.step)
        trainer.save(path)
        trainer.predict(self._folder.validation)
        if self._assignment.test and report.epoch + report.skipped == self._assignment.config.epochs:
            trainer.predict(self._folder.test, test=True)
        self._events.scalars(report.metrics, step=report.step)
        # The last checkpoint may not be recorded when the driver dies now; the one before it is.
        for old in self._folder.checkpoints()[:-2]:
            old.unlink()
        log.info("epoch %d of %d: %s", report.epoch, self._assignment.config.epochs, dict(report.metrics))
        if shortage := trainer.shortage():
            self._describe(memory=shortage)
        if report.ended:
            log.info("the training ends here: %s", report.ended)
        self._transport.deliver(self._folder.folder)
        return {
            "step": report.step,
            "epoch": report.epoch,
            "metrics": dict(report.metrics),
            "seconds": report.seconds,
            "skipped": report.skipped,
            "checkpoint": self._run.relative(path),
            "partly": partly,
        }

    def _cut(self, left: float) -> bool:
        """Tell whether the epoch is to be cut now; at most once a stint, which may have to go on here all the same."""
        return not self._was_cut and left > SOON and bool(self._leaving())

    def _leave_off(self, trainer: Trainer, cut: Interrupted) -> dict[str, Any]:
        """Make durable what there is of an epoch that was cut."""
        self._was_cut = self._in_the_middle = True
        step = cut.epoch - 1
        path = self._folder.partial(step)
        trainer.save(path)
        log.info("%s: %s", cut, self._leaving())
        self._transport.deliver(self._folder.folder)
        return {"step": step, "epoch": step, "checkpoint": self._run.relative(path), "partly": True}

    def _own_disk(self, error: Exception) -> str:
        """Return why this machine's disk is to blame: the worker writes there first, and the run is elsewhere."""
        shared = self._transport.root == Path(self._assignment.run)
        # What the driver's side says of the run's own disk is raised from another error.
        if shared or not isinstance(error, OSError) or error.__cause__ or error.errno not in NO_FAULT:
            return ""
        return f"this machine's own disk: {os.strerror(error.errno)}"

    def _open(self) -> None:
        task = self._assignment
        self._folder.folder.mkdir(parents=True, exist_ok=True)
        self._log = AttemptLog(self._folder.log)
        plugins = [self._supplies.plugin(Path(plugin)) for plugin in task.config.plugins]
        load_plugins(plugins)
        self._describe(**({"processes": str(task.processes)} if task.processes > 1 else {}))
        self._events = EventWriter(self._folder.folder)
        self._events.start(task.config.settings, group=f"{self._run.root.name}/{task.number}")
        self._transport.deliver(self._folder.folder)  # what is known of a worker that dies in its first epoch
        if task.images is not None:
            self._receive(task.images)
        data = load_data(task.config.data, directory=task.data_dir, entry=task.images, access=task.access)
        partial = self._partial(data.split_fingerprint)
        self._in_the_middle = partial is not None
        checkpoint = partial or self._checkpoint()
        self._trainer = (
            self._crew.open(task, plugins=plugins, checkpoint=checkpoint, cut=self._cut, log=self._folder.log)
            if self._crew
            else OwnTrainer(task, data, checkpoint=checkpoint, device=self._device, cut=self._cut)
        )
        if task.config.settings.get(TRANSFER):  # a checkpoint knows its weights, whose file may be gone
            self._describe(weights=self._trainer.origin())

    def _describe(self, **known: str) -> None:
        """Write what the result depends on beside the configuration, what was known before and what is known now."""
        self._environment = {**(self._environment or environment(self._device_name())), **known}
        write_json(self._folder.environment, self._environment, durable=False)

    def _receive(self, entry: str) -> None:
        """See to it that the decoded images are in this node's cache.

        Raises:
            MachineError: this node's own disk refuses.
            OSError: the driver's node is out of reach.
            DataError: they cannot be had, by whichever node.
        """
        try:
            self._supplies.images(entry)
        except DataError as error:
            found = error.__cause__
            if isinstance(found, OSError) and found.errno == errno.ENOTCONN:
                raise OSError(found.errno, os.strerror(found.errno)) from error
            # What the driver's side says is raised from another error.
            if isinstance(found, OSError) and found.errno in NO_FAULT and not found.__cause__:
                raise MachineError(
                    f"this machine's own disk: {os.strerror(found.errno)}: no place for the images {entry}; "
                    "WINNOW_CACHE names another folder"
                ) from error
            raise

    def _checkpoint(self) -> Path | None:
        """Return where to go on from: the recorded checkpoint, else the last one before it that is there."""
        if self._assignment.checkpoint is None:
            return None
        recorded = self._assignment.checkpoint
        there = self._transport.checkpoints(self._assignment.number)
        if recorded in there:
            return self._transport.fetch(recorded)
        older = [path for path in there if _file_name(path) < _file_name(recorded)]
        found = max(older, key=_file_name, default=None)
        log.warning("%s is missing: the trial goes on from %s", recorded, found or "the start")
        return self._transport.fetch(found) if found else None

    def _partial(self, images: str) -> Path | None:
        """Return where to go on from in the middle of an epoch; None where nothing is left of it that can be used."""
        task = self._assignment
        if task.partial is None:
            return None
        try:
            path = self._transport.fetch(task.partial)
            load_checkpoint(path, task.config, images)
        except (CheckpointError, FileNotFoundError) as error:
            log.warning("the trial goes on from its last whole epoch: %s", error)
            return None
        return path

    def _device_name(self) -> str:
        if self._device != "auto":
            return self._device
        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def _file_name(relative: str) -> str:
    """Return the name of a checkpoint's file, which sorts by its step."""
    return relative.rpartition("/")[2]


def _no_fault(error: BaseException) -> str:
    """Return why no trial can go on, if that is behind an error: torch hides it behind its own."""
    if isinstance(error, DataError):
        return str(error)
    found = (each.errno for each in causes(error) if isinstance(each, OSError))
    return next((os.strerror(number) for number in found if number in NO_FAULT), "")
