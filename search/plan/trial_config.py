"""One point of a space, complete: all that is needed to train it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Value = bool | int | float | str | None
"""What a hyperparameter can be. Names are flat and dotted: ``augmentation.crop``."""

FORMAT = 1

Access = Literal["auto", "resident", "streamed", "decoded"]
"""How a trial comes to its pixels: from a copy on its device, from the cache batch by batch, from the files."""


@dataclass(frozen=True)
class DataConfig:
    """Which images, and how they are split; where they lie on this machine is not part of it.

    ``validation`` is the share of the training images (0-1) that is held out where the data set brings no
    validation split of its own. ``split_seed`` belongs to the run and never varies, so that every trial and
    every confirmation sees the same validation images. ``size`` is the side in pixels to which images are
    resized; ``None`` keeps the common size of the images. ``file`` is a table of labels, for a data set that reads one,
    relative to the folder of the images; ``absolute_paths``: it may name images outside that folder.
    """

    name: str
    validation: float = 0.1
    split_seed: int = 0
    size: int | None = None
    file: str | None = None
    absolute_paths: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object of the fields; without a table of labels it is the same as before there were such."""
        table = ("file", "absolute_paths") if self.file is None else ()
        return {name: value for name, value in vars(self).items() if name not in table}


@dataclass(frozen=True)
class TrialConfig:
    """A complete configuration: the settings of the recipe, the data, the horizon and the seed.

    ``settings`` is flat and complete, defaults included, so that it means the same when a default has
    changed. ``epochs`` is the horizon of the schedule; stopping early does not change it. ``seed`` governs
    initialisation, order and augmentation.
    """

    settings: Mapping[str, Value]
    data: DataConfig
    epochs: int
    seed: int = 0
    plugins: tuple[str, ...] = field(default=())

    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that are equal for equal configurations, whatever the seed."""
        identity = self.to_json()
        del identity["seed"], identity["plugins"]
        canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object from which `from_json` makes an equal configuration."""
        return {
            "format": FORMAT,
            "settings": {name: self.settings[name] for name in sorted(self.settings)},
            "data": self.data.to_json(),
            "epochs": self.epochs,
            "seed": self.seed,
            "plugins": list(self.plugins),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> TrialConfig:
        """Read what `to_json` wrote.

        Raises:
            ValueError: the document has a format that this version does not read.
        """
        if document.get("format") != FORMAT:
            raise ValueError(
                f"a configuration of format {FORMAT} is expected, but got {document.get('format')!r}"
            )
        return cls(
            settings=dict(document["settings"]),
            data=DataConfig(**document["data"]),
            epochs=document["epochs"],
            seed=document["seed"],
            plugins=tuple(document["plugins"]),
        )
