"""What trains the trial of a stint, as the stint sees it: this process, or several together (`search.tuning.crew`)."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from search.training.data import Data, load_test
from search.training.fit import fit
from search.training.passage import Cut
from search.training.report import Report
from search.training.team import ALONE, Team
from search.tuning.assignment import Assignment


class Trainer(Protocol):
    """A trial in training. The errors are those of `search.training.fit`."""

    def epoch(self) -> Report:
        """Train and validate one epoch, or what is left of one that was cut."""

    def save(self, path: Path) -> None:
        """Write a checkpoint of everything as it stands."""

    def predict(self, path: Path, *, test: bool = False) -> None:
        """Write what the model says of every validation image, or of every test image."""

    def origin(self) -> str:
        """Return which weights the model began with, empty where they were random."""

    def shortage(self) -> str:
        """Return what is done about batches that do not fit into memory; empty where all do."""

    def close(self) -> None:
        """Let go of the model."""


class OwnTrainer:
    """Trains in this process.

    Args:
        task: of the stint.
        data: its images.
        checkpoint: to go on from.
        device: what torch trains on.
        cut: is asked whether the epoch is to be cut.
        team: the processes of which this is one.
        parts: into how many a batch is cut at least.
    """

    def __init__(
        self,
        task: Assignment,
        data: Data,
        *,
        checkpoint: Path | None,
        device: str,
        cut: Cut | None,
        team: Team = ALONE,
        parts: int = 1,
    ) -> None:
        self._task, self._team = task, team
        self._training = fit(
            task.config, data, checkpoint=checkpoint, device=device, cut=cut, team=team, parts=parts
        )

    def epoch(self) -> Report:
        """Train and validate one epoch, or what is left of one that was cut."""
        return next(self._training)

    def save(self, path: Path) -> None:
        """Write a checkpoint of everything as it stands."""
        self._training.save(path)

    def predict(self, path: Path, *, test: bool = False) -> None:
        """Write what the model says of every validation image, or of every test image; in a team the leader writes."""
        task = self._task
        split = load_test(task.config.data, directory=task.data_dir, entry=task.images) if test else None
        found = self._training.predictions(split)
        if self._team.rank == 0:
            found.save(path)

    def origin(self) -> str:
        """Return which weights the model began with, empty where they were random."""
        return self._training.origin()

    def shortage(self) -> str:
        """Return what is done about batches that do not fit into memory; empty where all do."""
        return self._training.shortage()

    def close(self) -> None:
        """Let go of the model."""
        self._training.close()
