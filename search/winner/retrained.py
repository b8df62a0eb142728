"""A model that was trained from a recipe, outside of any search, written as a bundle."""

from __future__ import annotations

from collections.abc import Mapping

from safetensors.torch import save
from torch import Tensor

from search.plan.trial_config import TrialConfig
from search.runs.layout import write_text
from search.training.atomic import written_atomically
from search.training.data import Data
from search.winner.bundle import Bundle, write_checksums
from search.winner.description import Description, Member, recipe_text

ORIGIN = "search.load_recipe"
"""What stands in the place of the run's name."""


def write_retrained(
    bundle: Bundle, config: TrialConfig, data: Data, weights: Mapping[str, Tensor], *, epoch: int
) -> None:
    """Write a bundle; its checksums come last, so what has them is whole.

    Args:
        bundle: a new or empty folder.
        config: how it was trained.
        data: on which images.
        weights: the model's state, on the CPU.
        epoch: after which they are what they are, from 1; before its last where patience has ended the training.

    Raises:
        OSError: the file system refused.
    """
    member = Member(config, trial=0, epoch=epoch)
    description = Description((member,), data.classes, data.shape, data.mean, data.std, ORIGIN)
    bundle.folder.mkdir(parents=True, exist_ok=True)
    write_text(bundle.config, description.to_json())
    write_text(bundle.labels, "".join(" ".join(name.split()) + "\n" for name in data.classes))
    write_text(bundle.recipe, recipe_text(config))
    with written_atomically(bundle.weights) as file:
        file.write(save({name: tensor.contiguous() for name, tensor in weights.items()}, {"format": "pt"}))
    write_checksums(bundle)
