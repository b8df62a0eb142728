"""Training one trial: an iterator that trains an epoch each time it is asked for the next report."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import torch
from torch import Tensor

from search.plan.trial_config import TrialConfig
from search.training.checkpoint import load_checkpoint, save_checkpoint
from search.training.data.dataset import Data, Split
from search.training.devices import resolve_device
from search.training.errors import CheckpointError, Interrupted, TrainingError
from search.training.evaluation import Evaluation
from search.training.learner import Learner
from search.training.passage import Cut
from search.training.predictions import Predictions
from search.training.report import Report
from search.training.team import ALONE, Team

FLOAT16_MAX = float(np.finfo(np.float16).max)


def fit(
    config: TrialConfig,
    data: Data,
    *,
    checkpoint: Path | None = None,
    device: str | torch.device = "auto",
    cut: Cut | None = None,
    team: Team = ALONE,
    parts: int = 1,
) -> Training:
    """Train a trial, an epoch for each report.

        for report in fit(config, load_data(config.data)):
            print(report.metrics["val/accuracy"])

    Args:
        config: the trial, complete; `TrialConfig.epochs` is the horizon of its schedule.
        data: of `load_data`; may be shared by any number of trials of this process.
        checkpoint: what `Training.save` wrote, to go on from; None to begin. On the CPU a trial that was cut
            and went on is equal, bit for bit, to one that was not, as long as torch's number of threads is the
            same: it decides the order of sums.
        device: ``auto`` (CUDA where there is one), ``cpu``, ``cuda:1``.
        cut: is asked between two batches whether the epoch is to be cut there, with the seconds that it will still
            take by its own pace, the validation included. Then `Interrupted` comes instead of its report; what `save`
            writes goes on with the next batch, likewise bit for bit. None: no epoch is cut. In a team the leader's
            is asked.
        team: of `search.training.team.joined`, where several processes train the trial together, each on a device of
            its own: each of them asks for the next report, and all get the same. Batch size, batch norm and curve are
            those of one process but for rounding; what dropout draws differs. A checkpoint is the leader's to save.
        parts: into how many a batch, or each process's share of it, is cut at least, because of `SplitNeeded`.

    Returns:
        The training. Nothing is built before its first report, so the errors of a configuration come from
        there: `SettingsError`, `CheckpointError`, `Diverged`, `TooLarge`, in a team `SplitNeeded`.
    """
    where = resolve_device(device)
    return Training(config, data, checkpoint=checkpoint, device=where, cut=cut, team=team, parts=parts)


class Training:
    """An iterator of Reports, made by `fit`; also a context manager that closes it.

    It changes nothing that belongs to the process: neither the number of threads nor the global random state.
    """

    def __init__(
        self,
        config: TrialConfig,
        data: Data,
        *,
        checkpoint: Path | None,
        device: torch.device,
        cut: Cut | None = None,
        team: Team = ALONE,
        parts: int = 1,
    ) -> None:
        self.config = config
        self._cut, self._team, self._parts = cut, team, parts
        self._data, self._checkpoint, self._device = data, checkpoint, device
        self._learner: Learner | None = None
        self._evaluation: Evaluation | None = None
        self._seconds = 0.0
        self._closed = False

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Report:
        """Train and validate one epoch, or what is left of one that was cut.

        Raises:
            Interrupted: the epoch was cut; the next call goes on with it.
            StopIteration: the horizon is reached, patience is at its end, or the training is closed.
            Diverged: a loss is NaN or infinite; the training is then closed.
            TooLarge: the fewest images that can be computed at once do not fit into memory; likewise.
        """
        if self._closed:
            raise StopIteration
        learner = self._opened()
        if learner.epoch >= self.config.epochs or learner.ended:
            raise StopIteration
        # Building is not counted: a process's first optimizer imports for 3.6 s here.
        started = time.perf_counter()
        try:
            metrics = learner.train_epoch(self._cut)
            self._evaluation = learner.evaluate()
            learner.take(self._evaluation.metrics)
        except Interrupted:
            self._seconds += time.perf_counter() - started
            raise
        except BaseException:
            self.close()  # in the middle of a batch there is no state to save
            raise
        self._seconds += time.perf_counter() - started
        said = {**self._evaluation.metrics, **metrics}
        left = self.config.epochs - learner.epoch
        ended = learner.ended if left else ""
        return Report(learner.epoch, learner.epoch, said, self._seconds, ended, left if ended else 0)

    def save(self, path: Path) -> None:
        """Write a checkpoint of everything as it stands: after the last finished epoch, or where the next was cut.

        It appears whole or not at all.

        Args:
            path: the file; its folder is made where it is missing.

        Raises:
            OSError: the file system refused.
            TrainingError: the training is closed.
        """
        state = {**self._opened().state(), "seconds": self._seconds}
        save_checkpoint(path, self.config, self._data.split_fingerprint, state)

    def predictions(self, split: Split | None = None) -> Predictions:
        """Return what the model says about every image of a split after the last finished epoch.

        Args:
            split: None for the validation split; the test split, of `load_test`, is for the one look at the end.

        Raises:
            TrainingError: no epoch is finished, one was cut, or the training is closed.
        """
        learner = self._finished()
        if learner.epoch == 0:
            raise TrainingError("there are no predictions before the first epoch is finished")
        if split is not None:
            return _predictions(learner.evaluate(split), split, learner.epoch)
        if self._evaluation is None:  # continued from a checkpoint, and no epoch since
            self._evaluation = learner.evaluate()
        return _predictions(self._evaluation, self._data.validation, learner.epoch)

    def weights(self) -> dict[str, Tensor]:
        """Return copies of the model's weights after the last finished epoch, on the CPU.

        Raises:
            TrainingError: an epoch was cut, or the training is closed.
        """
        weights = self._finished().weights()
        return {name: tensor.detach().cpu().clone() for name, tensor in weights.items()}

    def origin(self) -> str:
        """Return which weights the model began with, empty where they were random.

        Raises:
            TrainingError: the training is closed.
        """
        return self._opened().origin

    def shortage(self) -> str:
        """Return what is done about batches that do not fit into memory; empty where all do.

        Raises:
            TrainingError: the training is closed.
        """
        return self._opened().shortage

    def close(self) -> None:
        """End the training and let go of the model; a second call does nothing."""
        self._closed = True
        self._learner = self._evaluation = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _opened(self) -> Learner:
        """Return the learner, built and restored at the first call."""
        if self._closed:
            raise TrainingError("the training is closed")
        if self._learner is None:
            learner = Learner(self.config, self._data, self._device, team=self._team, parts=self._parts)
            if self._checkpoint is not None:
                self._restore(learner, self._checkpoint)
            else:
                learner.begin()
            self._learner = learner
        return self._learner

    def _finished(self) -> Learner:
        """Return the learner, between two epochs."""
        learner = self._opened()
        if learner.passage is not None:
            raise TrainingError(
                f"epoch {learner.epoch + 1} was cut after batch {learner.passage.batch}: predictions and weights are "
                "those of a finished epoch"
            )
        return learner

    def _restore(self, learner: Learner, checkpoint: Path) -> None:
        state = load_checkpoint(checkpoint, self.config, self._data.split_fingerprint)
        try:
            learner.restore(state)
        except torch.OutOfMemoryError:
            raise
        except (KeyError, RuntimeError, ValueError) as error:  # a plugin's model is another one by now
            reason = " ".join(str(error).split())
            raise CheckpointError(
                f"the checkpoint {checkpoint} does not fit its model as it is now: {reason}"
            ) from error
        self._seconds = state["seconds"]


def _predictions(said: Evaluation, split: Split, epoch: int) -> Predictions:
    logits = said.logits.clamp(-FLOAT16_MAX, FLOAT16_MAX).numpy().astype(np.float16)
    return Predictions(logits, split.labels[split.indices], split.indices, epoch)
