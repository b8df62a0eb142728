"""The names of all files of a run, and the one way in which they are written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.training.atomic import written_atomically

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
"""What the folder of a run, or of a bundle in it, may be called: one folder, never a path."""


@dataclass(frozen=True)
class AttemptLayout:
    """The folder of one stint: a worker writes here and nowhere else."""

    folder: Path

    @property
    def log(self) -> Path:
        """What the worker said while it trained."""
        return self.folder / "log"

    @property
    def environment(self) -> Path:
        """Versions, host and device that this stint ran on."""
        return self.folder / "environment.json"

    @property
    def validation(self) -> Path:
        """Validation logits of the last epoch of this stint."""
        return self.folder / "validation.npz"

    @property
    def test(self) -> Path:
        """Test logits, of a trial that looks at the test images after its last epoch."""
        return self.folder / "test.npz"

    def checkpoint(self, step: int) -> Path:
        """Return the checkpoint of a step; two are kept, since the last may not be recorded yet."""
        return self.folder / f"checkpoint-{step:05d}.pt"

    def checkpoints(self) -> list[Path]:
        """Return the checkpoints of whole epochs that exist, oldest first."""
        return sorted(set(self.folder.glob("checkpoint-*.pt")).difference(self.partials()))

    def partial(self, step: int) -> Path:
        """Return the checkpoint in the middle of the epoch after a step; its name comes after that of the step's."""
        return self.folder / f"checkpoint-{step:05d}_partial.pt"

    def partials(self) -> list[Path]:
        """Return the checkpoints in the middle of an epoch that exist, oldest first."""
        return sorted(self.folder.glob("checkpoint-*_partial.pt"))

    def weights(self) -> list[Path]:
        """Return all checkpoints that exist, of whole epochs or not."""
        return sorted(self.folder.glob("checkpoint-*.pt"))


@dataclass(frozen=True)
class TrialLayout:
    """The folder of one trial."""

    folder: Path

    @property
    def document(self) -> Path:
        """Configuration, status, metrics and environment, derived from the study and the events."""
        return self.folder / "trial.json"

    @property
    def validation(self) -> Path:
        """Validation logits (float16) of the trial's last epoch."""
        return self.folder / "validation.npz"

    @property
    def test(self) -> Path:
        """Test logits (float16) after the last epoch; only a confirmation's final trials have them."""
        return self.folder / "test.npz"

    def attempt(self, number: int) -> AttemptLayout:
        """Return the folder of an attempt, counted from 1."""
        return AttemptLayout(self.folder / str(number))

    def attempts(self) -> list[AttemptLayout]:
        """Return the attempts that exist, first to last."""
        if not self.folder.is_dir():
            return []
        numbers = sorted(int(path.name) for path in self.folder.iterdir() if path.name.isdecimal())
        return [self.attempt(number) for number in numbers]


@dataclass(frozen=True)
class RunLayout:
    """The folder of one run."""

    root: Path

    @property
    def plan(self) -> Path:
        """The resolved plan, as run."""
        return self.root / "plan.yaml"

    @property
    def journal(self) -> Path:
        """The Optuna study: the record of every decision."""
        return self.root / "study.journal"

    @property
    def images(self) -> Path:
        """Which images the search began with: the fingerprint of its split, and where a reader finds them."""
        return self.root / "images.json"

    @property
    def memory(self) -> Path:
        """What is remembered of earlier searches, where this one began from some."""
        return self.root / "memory.json"

    @property
    def storage(self) -> Path:
        """Where the study is, when it is not the journal: an Optuna storage URL without its password."""
        return self.root / "storage.json"

    @property
    def lease(self) -> Path:
        """Who drives this run."""
        return self.root / "driver.json"

    @property
    def fetched(self) -> Path:
        """Where this folder was copied from and when, where it is a copy of a run on a cluster."""
        return self.root / "fetched.json"

    @property
    def publisher(self) -> Path:
        """Who publishes this run, in a copy of what a bucket has of it."""
        return self.root / "publisher.json"

    @property
    def requests(self) -> Path:
        """What others ask of the driver."""
        return self.root / "requests"

    @property
    def answered(self) -> Path:
        """Requests that the driver has applied or refused, with its answer."""
        return self.requests / "answered"

    @property
    def winner(self) -> Path:
        """Bundles (trials that were exported), and the confirmation."""
        return self.root / "winner"

    @property
    def confirmation(self) -> Path:
        """What a confirmation found."""
        return self.winner / "confirmation.json"

    @property
    def confirming(self) -> RunLayout:
        """The trainings of the confirmation: a run like any other."""
        return RunLayout(self.winner / "confirmation")

    @property
    def schedule(self) -> Path:
        """What a confirmation trains in all; only its own run has one."""
        return self.root / "schedule.json"

    @property
    def ensemble(self) -> Path:
        """Which trials are best together."""
        return self.winner / "ensemble.json"

    @property
    def trials(self) -> Path:
        """One folder a trial."""
        return self.root / "trials"

    def trial(self, number: int) -> TrialLayout:
        """Return the folder of a trial."""
        return TrialLayout(self.trials / str(number))

    def relative(self, path: Path) -> str:
        """Return a path as it is recorded: relative to the run, so that a run can be moved."""
        return path.relative_to(self.root).as_posix()


def find_runs(folder: Path) -> Iterator[RunLayout]:
    """Yield the runs directly below a folder, by name."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (path / "plan.yaml").is_file():
            yield RunLayout(path)


def write_text(path: Path, text: str, *, durable: bool = True) -> None:
    """Write a file whole or not at all: to a temporary name, made durable, then renamed.

    Args:
        path: the file; its folder is made where it is missing.
        text: all of it.
        durable: False: after a power cut (not after a crash) the file may be empty. For what can be derived
            again, where somebody waits.
    """
    with written_atomically(path, durable=durable) as file:
        file.write(text.encode("utf-8"))


def write_json(path: Path, document: Any, *, durable: bool = True) -> None:
    """Write a JSON document whole or not at all; see `write_text`."""
    write_text(path, json.dumps(document, indent=2, sort_keys=True) + "\n", durable=durable)
