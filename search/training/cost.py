"""What a trial would cost before it runs: parameters, arithmetic and memory, without touching either."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from search.plan.trial_config import TrialConfig
from search.training.accumulation import cuts, smallest_part
from search.training.parts import Parts
from search.training.team import Team

FLOAT_BYTES = 4
STATE_PER_PARAMETER = {
    "sgd": 1,
    "adagrad": 1,
    "rmsprop": 2,
    "adam": 2,
    "adamw": 2,
    "nadam": 2,
    "lion": 1,
    "muon": 1,
}
"""Floats that an optimizer keeps beside each parameter: momentum; mean and square of the gradient."""


@dataclass(frozen=True)
class Cost:
    """``parameters`` is exact. ``flops`` are those of one image's forward pass, a multiplication and an
    addition counted as two. ``memory`` is an estimate in bytes of what training holds at the batch size.
    """

    parameters: int
    flops: int
    memory: int


def cost(config: TrialConfig, shape: tuple[int, int, int], classes: int) -> Cost:
    """Estimate what a trial costs, on the meta device: nothing is allocated or computed.

    The memory is weights, gradients and optimizer state in float32, and what the forward pass keeps for the
    backward pass: for each image of the batch every tensor that autograd saves, counted once per storage, in
    the precision that it would have in float32. Workspaces, the batch itself and the images on the device
    come on top; bfloat16 needs down to half of the second part.

    Args:
        config: the trial.
        shape: (C, H, W) of an image.
        classes: the number of classes.

    Returns:
        The cost.

    Raises:
        SettingsError: the configuration cannot be built for these images.
    """
    return Cost(**figures(config, shape, classes, ("parameters", "flops", "memory")))


def figures(
    config: TrialConfig,
    shape: tuple[int, int, int],
    classes: int,
    names: Collection[str],
    *,
    processes: int = 1,
) -> dict[str, int]:
    """Estimate only those figures of a cost that are named; the parameters alone take a fifth of all three.

    Args:
        config: the trial.
        shape: (C, H, W) of an image.
        classes: the number of classes.
        names: of the fields of `Cost`; others are passed over.
        processes: that train the trial together: the memory is that of the one with most images of a batch.

    Returns:
        The figures by name, as in a `Cost`.

    Raises:
        SettingsError: the configuration cannot be built for these images.
    """
    parts = Parts.of(config.settings)
    with torch.device("meta"):
        model = parts.model(shape, classes)
        images = torch.zeros(2, *shape)
    ways: dict[str, Callable[[], int]] = {
        "parameters": lambda: _parameters(model),
        "flops": lambda: _forward_flops(model, images) // 2,
        "memory": lambda: _memory(parts, _trained(parts, shape, classes), images, Team(size=processes)),
    }
    return {name: way() for name, way in ways.items() if name in names}


def _trained(parts: Parts, shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Return the model as it is trained, with the auxiliary classifiers that are no part of what is judged."""
    with torch.device("meta"):
        return parts.model(shape, classes, training=True)


def _parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def _memory(parts: Parts, model: nn.Module, images: torch.Tensor, team: Team) -> int:
    states = STATE_PER_PARAMETER.get(str(parts.settings["optimizer"]), 2)
    recipe = parts.recipe
    weights = FLOAT_BYTES * _parameters(model) * (2 + states + bool(recipe.ema))
    least = smallest_part(model)
    shard = team.shard(recipe.batch_size, least=least)
    at_once = -(-shard.images // cuts(shard, recipe.accumulation, least))
    return weights + _saved_bytes(model, images) * at_once // len(images)


def _forward_flops(model: nn.Module, images: torch.Tensor) -> int:
    model.eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(images)
    return int(counter.get_total_flops())


def _saved_bytes(model: nn.Module, images: torch.Tensor) -> int:
    """Return the bytes that autograd saves in one forward pass, parameters left out."""
    own = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
    saved: dict[int, int] = {}
    alive: list[torch.Tensor] = []  # so that no storage's address is used twice

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            saved[storage._cdata] = storage.nbytes()
            alive.append(tensor)
        return tensor

    model.train()
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        model(images)
    return sum(saved.values())
