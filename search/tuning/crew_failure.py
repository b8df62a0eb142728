"""What goes wrong in one of the processes that train a trial together, as text, and as an error in their worker."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from search.runs.causes import causes, reason_of
from search.training.errors import DataError, SplitNeeded, TrainingError
from search.tuning.machine_faults import MachineError, machine_fault

OF_A_PARTNER = ("gloo", "NCCL", "Connection closed", "Connection reset", "TCPStore")
"""What torch.distributed says where another process is gone (torch 2.15): never the first thing that went wrong."""


class CrewError(TrainingError):
    """What a trial is to blame for, as one of its processes said it."""


@dataclass(frozen=True)
class Failure:
    """An error of one process.

    ``kind`` is whom or what it is about, ``text`` one line; ``number`` belongs to a refusal of the operating system
    (errno), or is into how many parts a batch must be cut.
    """

    kind: Literal["trial", "images", "system", "machine", "split", "partner"]
    text: str
    number: int = 0

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """Describe an error where it was raised."""
        text = reason_of(error)
        system = next((each for each in causes(error) if isinstance(each, OSError) and each.errno), None)
        if isinstance(error, SplitNeeded):
            return cls("split", text, error.parts)
        if isinstance(error, TrainingError):
            return cls("images" if isinstance(error, DataError) else "trial", str(error))
        if any(words in text for words in OF_A_PARTNER):
            return cls("partner", text)
        if machine := machine_fault(error):
            return cls("machine", machine)
        return cls("system", text, system.errno or errno.EIO) if system else cls("trial", text)

    def error(self) -> Exception:
        """Return the error that says the same in another process."""
        if self.kind == "split":
            return SplitNeeded(self.number)
        if self.kind == "images":
            return DataError(self.text)
        if self.kind == "system":
            return OSError(self.number, os.strerror(self.number))
        return CrewError(self.text) if self.kind == "trial" else MachineError(self.text)


def first_cause(failures: Sequence[Failure]) -> Failure:
    """Return the failure from which the others followed: each waits for the others, and loses them."""
    return next((failure for failure in failures if failure.kind != "partner"), failures[0])


def ended(rank: int, code: int) -> Failure:
    """Describe the end of a process that said nothing.

    Args:
        rank: which it was.
        code: with which it ended; below 0 the signal that ended it.
    """
    how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
    return Failure("machine", f"process {rank} of those that train the trial {how}")
