"""The fixed list of configurations that every contender of `benchmarks.overhead` trains, and what it is told.

The images and the recipe are those that `spaces/digits.yaml` tries first; only the learning rate differs from
trial to trial, so that all trials cost the same and no two are equal.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from search.plan.trial_config import DataConfig, TrialConfig, Value

DATA = DataConfig("digits")
SETTINGS: dict[str, Value] = {
    "architecture": "cnn",
    "layers": 2,
    "dropout": 0.0,
    "optimizer": "adam",
    "schedule": "cosine",
    "batch_size": 32,
}


@dataclass(frozen=True)
class Job:
    """What a contender is to do: ``trials`` configurations of ``epochs`` epochs on ``workers`` processes.

    ``width`` is the network's. ``folder`` is for everything that it writes, its marks among it.
    """

    folder: Path
    trials: int
    epochs: int
    workers: int
    width: int = 32

    @property
    def points(self) -> list[dict[str, Value]]:
        """The configurations; learning rates from 1e-3 to 1e-2, evenly spread on a log scale."""
        return [{**SETTINGS, "width": self.width, "learning_rate": rate} for rate in self._learning_rates()]

    @property
    def configs(self) -> list[TrialConfig]:
        """The same, as `fit` takes them."""
        return [TrialConfig(point, DATA, self.epochs) for point in self.points]

    def write(self) -> None:
        """Write this into its folder."""
        document = {name: value for name, value in asdict(self).items() if name != "folder"}
        (self.folder / "job.json").write_text(json.dumps(document))

    @classmethod
    def read(cls, folder: Path) -> Job:
        """Read what `write` wrote."""
        return cls(folder, **json.loads((folder / "job.json").read_text()))

    @classmethod
    def of_command_line(cls) -> Job:
        """Return the job whose folder is the first argument of this process."""
        return cls.read(Path(sys.argv[1]))

    def _learning_rates(self) -> list[float]:
        return [round(1e-3 * 10 ** (index / self.trials), 9) for index in range(self.trials)]
