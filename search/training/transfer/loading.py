"""Weights into a network: everything but the head, and nothing of another architecture."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

from search.training.auxiliary import is_auxiliary
from search.training.errors import WeightsError

DENSENET = re.compile(r"^(.*denselayer\d+\.(?:norm|conv))\.([12]\..*)$")
"""torchvision's DenseNet files have names from before 2018, `norm.1` for `norm1`."""

COUNTER = "num_batches_tracked"
"""Files from before 2018 have no such counters, and nothing depends on them with torch's momentum of 0.1."""


def load_body(network: nn.Module, weights: Mapping[str, Tensor], head: Collection[str], where: str) -> None:
    """Give a network all weights but the head's, which stays as it is.

    Auxiliary classifiers get theirs where both have them: a file may lack them, as a network may.

    Args:
        network: of the architecture that the weights belong to, with any number of classes.
        weights: a state dict.
        head: names in the network's state, of `head_names`.
        where: the file, for messages.

    Raises:
        WeightsError: they are another architecture's; the network is then unchanged.
    """
    own = network.state_dict()
    given = {DENSENET.sub(r"\1\2", name): tensor for name, tensor in weights.items()}
    body = [name for name in own if name not in head]
    missing = [name for name in body if name not in given and not _may_lack(name)]
    other = [name for name in body if name in given and given[name].shape != own[name].shape]
    left = [name for name in given if name not in body and not is_auxiliary(name)]
    if missing or other:
        raise WeightsError(f"{where} {_mismatch(given, own, missing, other)}")
    main = [own[name] for name in own if name in head and not is_auxiliary(name)]
    if not _may_be_head([given[name] for name in left], main):
        raise WeightsError(f"{where} has more than this architecture: {_some(left)}; it is another one's")
    with torch.no_grad():
        for name in body:
            if name in given:
                own[name].copy_(given[name])


def _may_lack(name: str) -> bool:
    return name.endswith(COUNTER) or is_auxiliary(name)


def _mismatch(
    given: Mapping[str, Tensor], own: Mapping[str, Tensor], missing: list[str], other: list[str]
) -> str:
    if missing:
        return f"lacks {_some(missing)}, which this architecture has; it is another one's"
    name = other[0]
    return (
        f"does not fit this architecture: {name} is {tuple(given[name].shape)}, but "
        f"{tuple(own[name].shape)} is expected"
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def _may_be_head(left: list[Tensor], head: list[Tensor]) -> bool:
    """Tell whether what is left of a file is the head for another number of classes, or nothing at all."""
    if not left:
        return True
    given, expected = (sorted((tuple(t.shape) for t in several), key=_in_order) for several in (left, head))
    return len(given) == len(expected) and all(
        len(a) == len(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 1
        for a, b in zip(given, expected, strict=True)
    )


def _in_order(shape: tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Return what puts the tensors of two heads in one order: safetensors has them in another than the network."""
    return len(shape), shape[1:]
