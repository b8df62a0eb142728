"""What a bundle says of its model: config.json for programs, recipe.yaml and labels.txt for people too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.plan.scalars import write_scalar
from search.plan.trial_config import TrialConfig
from search.plan.writer import write_flow
from search.runs.layout import write_text
from search.winner.bundle import Bundle, BundleError
from search.winner.candidate import Trained

FORMAT = 1


@dataclass(frozen=True)
class Description:
    """What stands in config.json.

    ``shape`` is (C, H, W) of the images; the model wants (x / 255 - mean) / std of each channel. ``run``, ``trial``
    and ``epoch`` say where it comes from.
    """

    config: TrialConfig
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    run: str
    trial: int
    epoch: int

    @classmethod
    def of(cls, trained: Trained) -> Description:
        """Return that of a trial."""
        data, origin = trained.data, (trained.run.name, trained.trial.number, trained.predictions.step)
        return cls(trained.config, data.classes, data.shape, data.mean, data.std, *origin)

    def to_json(self) -> str:
        """Return the canonical text: equal ones are equal in every byte."""
        document = {"format": FORMAT, **vars(self), "config": self.config.to_json()}
        return json.dumps(document, indent=2, sort_keys=True) + "\n"

    @classmethod
    def read(cls, path: Path) -> Description:
        """Read what `to_json` wrote.

        Raises:
            BundleError: it is missing, damaged, or of another format.
        """
        try:
            document: Any = json.loads(path.read_text(encoding="utf-8"))
            if document.pop("format") != FORMAT:
                raise BundleError(f"{path}: a bundle of format {FORMAT} is expected")
            lists = {name: tuple(document[name]) for name in ("classes", "shape", "mean", "std")}
            return cls(**{**document, **lists, "config": TrialConfig.from_json(document["config"])})
        except BundleError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BundleError(f"{path} does not describe a model: {error}") from error


def recipe_text(config: TrialConfig) -> str:
    """Return a configuration as YAML, a line for each setting."""
    document = config.to_json()
    settings = document.pop("settings")
    lines = [f"{name}: {write_flow(value)}" for name, value in document.items()]
    lines += [
        "settings:",
        *(f"  {write_scalar(name)}: {write_flow(value)}" for name, value in settings.items()),
    ]
    return "\n".join(lines) + "\n"


def write_description(trained: Trained, bundle: Bundle) -> None:
    """Write the files that say what a model is, whatever the formats of its weights."""
    write_text(bundle.config, Description.of(trained).to_json())
    write_text(bundle.labels, "".join(" ".join(name.split()) + "\n" for name in trained.data.classes))
    write_text(bundle.recipe, recipe_text(trained.config))
