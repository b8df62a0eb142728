"""Weights alone, as safetensors: no code in the file, readable from many languages (https://huggingface.co/docs/safetensors)."""

from __future__ import annotations

from safetensors.torch import save
from torch import Tensor

from search.training.atomic import written_atomically
from search.winner.bundle import Bundle
from search.winner.candidate import Trained
from search.winner.formats.registry import formats


@formats.register("safetensors")
def safetensors(trained: Trained, bundle: Bundle) -> None:
    """Weights as safetensors, with the configuration that the model is built from."""
    with written_atomically(bundle.weights) as file:
        file.write(save({name: _own(tensor) for name, tensor in trained.weights.items()}, {"format": "pt"}))


def _own(tensor: Tensor) -> Tensor:
    """Return a tensor with a memory of its own, row by row: the format knows neither sharing nor strides."""
    return tensor.detach().cpu().clone().contiguous()
