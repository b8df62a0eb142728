"""What a Policy is asked within, and what it answers: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from search.plan.trial_config import Value


@dataclass(frozen=True)
class Limits:
    """What the search may spend: trials (those that others enqueued come on top) and epochs a trial."""

    trials: int
    epochs: int


class Decision(Enum):
    """What the worker does after a report."""

    CONTINUE = "continue"
    STOP = "stop"
    PAUSE = "pause"


@dataclass(frozen=True)
class Start:
    """Begin a stint: train this point from a checkpoint (None: from the start)."""

    number: int
    config: Mapping[str, Value]
    checkpoint: str | None
    attempt: int
    seed: int


@dataclass(frozen=True)
class Wait:
    """Nothing to start now, but there may be later."""


@dataclass(frozen=True)
class Done:
    """Nothing will be started any more, and nobody is running."""

    reason: str
