"""What the driver tells a worker, and what the worker says of each epoch; both travel as text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from search.plan.trial_config import Access, TrialConfig
from search.tuning.hang_limits import TIMES


@dataclass(frozen=True)
class Assignment:
    """What a worker is told: the run's folder, trial and attempt, the configuration, where to go on from.

    ``test``: after its last epoch the model looks at the test images. ``cpus`` and ``gpus`` are its share of a node,
    ``gpu_memory`` the most bytes that it may take of its GPU. ``avoid`` are the ids of nodes where it must not run.
    ``patience``: seconds without the end of its first epoch after which the worker ends itself (None: never);
    ``patience_times``: how many times as long as its slowest epoch each further one may take. ``images`` is the
    folder of the decoded images in a node's cache: where it is there, ``data_dir`` is not looked at; ``access`` is the
    way from there to the device. ``partial`` is a
    checkpoint in the middle of the epoch that comes next, which is better than ``checkpoint``. ``courier`` is the
    name of the actor that takes files into the run's folder for workers that do not see it; None: all do. ``processes``
    is how many train the trial together.
    """

    run: str
    number: int
    attempt: int
    config: TrialConfig
    checkpoint: str | None = None
    partial: str | None = None
    data_dir: str | None = None
    access: Access = "auto"
    test: bool = False
    cpus: float = 1.0
    gpus: float = 0.0
    gpu_memory: int | None = None
    avoid: tuple[str, ...] = ()
    patience: float | None = None
    patience_times: float = TIMES
    images: str | None = None
    courier: str | None = None
    processes: int = 1

    def to_json(self) -> str:
        """Return this as text, the form in which it travels to a worker."""
        return json.dumps({**vars(self), "config": self.config.to_json()})

    @classmethod
    def from_json(cls, text: str) -> Assignment:
        """Read what `to_json` wrote."""
        document = json.loads(text)
        config = TrialConfig.from_json(document["config"])
        return cls(**{**document, "config": config, "avoid": tuple(document["avoid"])})


@dataclass(frozen=True)
class StepResult:
    """What a worker says of one epoch; ``failure`` is the reason why there is none.

    Without ``metrics`` and without a reason the epoch after ``step`` was cut, and ``checkpoint`` goes on in its middle.
    ``partly``: only a part of an epoch was trained, the other one before or later.

    ``no_fault`` is the reason where the images cannot be read or the run's folder cannot be written: the next
    trial would fail as this one.
    ``began`` and ``ended`` are seconds since 1970 on the worker's clock. ``node`` is Ray's id of the node,
    ``node_type`` its name in cluster.yaml; ``gpu_memory`` the most bytes that the process has taken of its GPU so far,
    ``gpu_total`` all that the GPU has; 0 without CUDA.
    ``leaving`` says why the worker's node will soon be gone, where it was told. ``skipped`` is how many epochs the
    trial does without, since it ended before its horizon.
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
    node: str = ""
    node_type: str = ""
    gpu_memory: int = 0
    gpu_total: int = 0
    leaving: str = ""
    partly: bool = False
    skipped: int = 0

    def to_json(self) -> str:
        """Return this as text: Ray Tune would flatten a mapping and rename its keys."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> StepResult:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))
