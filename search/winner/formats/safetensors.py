"""Weights alone, as safetensors: no code in the file, readable from many languages (https://huggingface.co/docs/safetensors)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.training.atomic import written_atomically
from search.winner.bundle import Bundle
from search.winner.formats.registry import Format, Session, formats

if TYPE_CHECKING:
    from torch import Tensor

    from search.winner.candidate import Trained


@formats.register("safetensors")
class Safetensors(Format):
    """The weights, for Winnow; config.json says which architecture they belong to."""

    files = ("model.safetensors",)

    def write(self, trained: Trained, bundle: Bundle) -> None:
        """Write the weights; those of several members are called ``members.<i>.<name>``."""
        from safetensors.torch import save  # noqa: PLC0415 (torch is behind it)

        several = len(trained.members) > 1
        tensors = {
            f"members.{index}.{name}" if several else name: _own(tensor)
            for index, member in enumerate(trained.members)
            for name, tensor in member.weights.items()
        }
        with written_atomically(bundle.weights) as file:
            file.write(save(tensors, {"format": "pt"}))

    def open(self, bundle: Bundle, *, threads: int | None = None) -> Session:
        """Rebuild the model; with ``preprocess: inside`` it normalizes the images before."""
        from search.winner.formats.graph import graph  # noqa: PLC0415 (torch is behind it)
        from search.winner.formats.torch_session import torch_session  # noqa: PLC0415 (likewise)

        return torch_session(graph(bundle))


def _own(tensor: Tensor) -> Tensor:
    """Return a tensor with a memory of its own, row by row: the format knows neither sharing nor strides."""
    return tensor.detach().cpu().clone().contiguous()
