"""What a bundle says of its model: config.json for programs, recipe.yaml and labels.txt for people too; no torch."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from search.plan.scalars import write_scalar
from search.plan.trial_config import TrialConfig
from search.plan.writer import write_flow
from search.runs.layout import write_text
from search.winner.bundle import Bundle, BundleError

if TYPE_CHECKING:  # torch is behind it
    from search.winner.candidate import Trained

FORMAT = 2
"""Format 1 had one trial in the place of members; it is still read."""

Preprocess = Literal["outside", "inside"]
"""Whether the images are normalized before they come to a model file, or by the model file itself."""


@dataclass(frozen=True)
class Member:
    """One trained model of a bundle: how it was trained, by which trial, to which epoch.

    ``share`` is its weight in the mean of all members' probabilities: above 0, at most 1.
    """

    config: TrialConfig
    trial: int
    epoch: int
    share: float = 1.0

    def to_json(self) -> dict[str, Any]:
        """Return a JSON object from which `from_json` makes an equal member."""
        return {**vars(self), "config": self.config.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Member:
        """Read what `to_json` wrote.

        Raises:
            ValueError: its configuration is of another format, or its share is none.
        """
        found = cls(**{**document, "config": TrialConfig.from_json(document["config"])})
        if not 0 < found.share <= 1:
            raise ValueError(f"`0 < share <= 1` must hold, but got share={found.share}")
        return found


@dataclass(frozen=True)
class Description:
    """What stands in config.json.

    ``members`` are the trained models, one or, of an ensemble, several; their shares sum to 1, and the first has the
    greatest. ``shape`` is (C, H, W) of the images; a model wants (x / 255 - mean) / std of each channel.
    ``preprocess`` says who computes that for model.onnx and the other files with a graph: ``outside``, so that their
    input is float32, or ``inside``, so that it is uint8 (0-255). ``run`` says where the trials were trained.
    """

    members: tuple[Member, ...]
    classes: tuple[str, ...]
    shape: tuple[int, int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    run: str
    preprocess: Preprocess = "outside"

    @property
    def config(self) -> TrialConfig:
        """How the first member was trained."""
        return self.members[0].config

    @property
    def trial(self) -> int:
        """Which trial the first member is."""
        return self.members[0].trial

    @property
    def epoch(self) -> int:
        """After which epoch the first member has these weights, from 1."""
        return self.members[0].epoch

    @property
    def shares(self) -> tuple[float, ...]:
        """The members' weights, in their order."""
        return tuple(member.share for member in self.members)

    @classmethod
    def of(cls, trained: Trained, *, preprocess: Preprocess = "outside") -> Description:
        """Return that of what was trained."""
        data = trained.data
        members = tuple(
            Member(member.config, member.trial.number, member.trial.epochs, member.share)
            for member in trained.members
        )
        origin = (data.classes, data.shape, data.mean, data.std, trained.run.name)
        return cls(members, *origin, preprocess=preprocess)

    def to_json(self) -> str:
        """Return the canonical text: equal ones are equal in every byte."""
        document = {
            "format": FORMAT,
            **vars(self),
            "members": [member.to_json() for member in self.members],
            # Once more where format 1 had it: whoever wants a recipe, such as --warm-start, finds it in both.
            "config": self.config.to_json(),
        }
        return json.dumps(document, indent=2, sort_keys=True) + "\n"

    @classmethod
    def read(cls, path: Path) -> Description:
        """Read what `to_json` wrote, of this format or of format 1.

        Raises:
            BundleError: it is missing, damaged, or of another format.
        """
        try:
            document: Any = json.loads(path.read_text(encoding="utf-8"))
            written = document.pop("format")
            if written not in (1, FORMAT):
                raise BundleError(
                    f"{path}: a bundle of format {FORMAT} or 1 is expected, but got {written!r}"
                )
            first = document.pop("config")
            if written == 1:
                document["members"] = [
                    {"config": first, "trial": document.pop("trial"), "epoch": document.pop("epoch")}
                ]
            return cls._checked(document)
        except BundleError:
            raise
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BundleError(f"{path} does not describe a model: {error}") from error

    @classmethod
    def _checked(cls, document: dict[str, Any]) -> Description:
        lists = {name: tuple(document[name]) for name in ("classes", "shape", "mean", "std")}
        members = tuple(map(Member.from_json, document["members"]))
        found = cls(**{**document, **lists, "members": members})
        if not math.isclose(sum(found.shares), 1, rel_tol=1e-6):
            raise ValueError(f"the shares of the members must sum to 1, but got {found.shares}")
        if found.preprocess not in get_args(Preprocess):
            raise ValueError(f"preprocess is `outside` or `inside`, but got {found.preprocess!r}")
        return found


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


def write_description(trained: Trained, bundle: Bundle, *, preprocess: Preprocess = "outside") -> None:
    """Write the files that say what a model is, whatever the formats of its weights."""
    write_text(bundle.config, Description.of(trained, preprocess=preprocess).to_json())
    write_text(bundle.labels, "".join(" ".join(name.split()) + "\n" for name in trained.data.classes))
    write_text(bundle.recipe, recipe_text(trained.config))
