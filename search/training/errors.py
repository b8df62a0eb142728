"""What can go wrong while images are read or a trial trains; a tree of plain exceptions, no torch.

TrainingError
├── DataError              the images are not as they must be (also a ValueError)
│   └── NoTestSplit        there are none for the test
├── SettingsError          the configuration cannot be trained (also a ValueError)
│   └── WeightsError       the weights that it begins with are missing, or another architecture's
├── CheckpointError        the checkpoint does not belong to this configuration, or is damaged
├── TooLarge               not even the smallest part of a batch fits into memory
├── SplitNeeded            a part of a batch does not fit into the memory of one process among several
├── Interrupted            an epoch was cut between two batches, as asked
└── Diverged               the loss is no longer finite
"""

from __future__ import annotations


class TrainingError(Exception):
    """Anything that `search.training` raises on purpose."""


class DataError(TrainingError, ValueError):
    """The images are missing, damaged, or laid out differently from what is expected."""


class NoTestSplit(DataError):  # noqa: N818 - what is the case
    """A data set has no test split."""


class SettingsError(TrainingError, ValueError):
    """A configuration holds a setting that is unknown, out of its range, or impossible with these images."""


class WeightsError(SettingsError):
    """Pretrained weights are missing and cannot be fetched, are damaged, or belong to another architecture."""


class CheckpointError(TrainingError):
    """A checkpoint is damaged, or was written by another configuration."""


class TooLarge(TrainingError):  # noqa: N818 - what is the case
    """Images that cannot be split any further do not fit into memory.

    ``images`` is how many: 1, in training with batch norm 2 or 3. ``shape`` is (C, H, W) of each, ``memory`` says
    into which memory they do not fit.
    """

    def __init__(self, images: int, shape: tuple[int, int, int], memory: str) -> None:
        super().__init__(images, shape, memory)
        self.images, self.shape, self.memory = images, shape, memory

    def __str__(self) -> str:
        few = f"{self.images} image{'s' if self.images > 1 else ''} of {'×'.join(map(str, self.shape))}"
        why = ", the fewest that batch norm can be trained with," if self.images > 1 else ""
        # A trial on a share of a GPU is tried again on a larger one by these first words.
        return f"out of memory: a batch of {few}{why} does not fit into {self.memory}"


class SplitNeeded(TrainingError):  # noqa: N818 - what is the case
    """One of a trial's processes ran out of memory: all of them must begin the epoch anew with smaller parts.

    ``parts`` is into how many each should cut its share of a batch.
    """

    def __init__(self, parts: int) -> None:
        super().__init__(parts)
        self.parts = parts

    def __str__(self) -> str:
        return f"a process ran out of memory: batches are to be computed in {self.parts} parts"


class Interrupted(TrainingError):  # noqa: N818 - what happened
    """An epoch was cut between two batches, as whoever listens asked; the training can be saved, and goes on.

    ``epoch`` counts from 1. ``batch`` is the last one that was trained, from 1 within the epoch, of ``batches``.
    """

    def __init__(self, epoch: int, batch: int, batches: int) -> None:
        super().__init__(epoch, batch, batches)
        self.epoch, self.batch, self.batches = epoch, batch, batches

    def __str__(self) -> str:
        return f"epoch {self.epoch} was cut after batch {self.batch} of {self.batches}"


class Diverged(TrainingError):  # noqa: N818 - what happened, as records say it
    """The loss became NaN or infinite.

    ``epoch`` counts from 1. ``batch`` counts from 1 within the epoch and is None where the loss of the
    validation images is meant. ``reason`` is a sentence.
    """

    def __init__(self, epoch: int, batch: int | None, reason: str) -> None:
        # All three go to Exception so that the error survives pickling between processes.
        super().__init__(epoch, batch, reason)
        self.epoch, self.batch, self.reason = epoch, batch, reason

    def __str__(self) -> str:
        return self.reason
