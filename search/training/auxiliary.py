"""Auxiliary classifiers: heads halfway up a network, whose losses count in training and which nothing else sees.

Szegedy et al. 2015, "Going deeper with convolutions", section 5, gave GoogLeNet two, so that the gradient reaches the
lower layers. Szegedy et al. 2016, "Rethinking the Inception architecture", section 4, kept one: it regularises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from search.plan.registry import Range
from search.plan.trial_config import Value

AUXILIARY = "auxiliary"
"""The setting of an architecture that has them; see its registry."""

Weight = Annotated[
    float, Range(0, 1, "weight in training of each auxiliary classifier's loss; 0: there are none")
]

PART = re.compile(r"(?:^|\.)(?:aux1|aux2|AuxLogits)\.")
"""What is in the names of their parameters: torchvision's names, in GoogLeNet and in Inception v3."""


class WithAuxiliary(NamedTuple):
    """What a network with auxiliary classifiers returns in training mode; in evaluation mode it is the logits alone.

    ``logits`` are (N, classes), ``auxiliary`` those of each auxiliary classifier, likewise, and ``weight`` is that of
    their losses beside the main one.
    """

    logits: Tensor
    auxiliary: tuple[Tensor, ...]
    weight: float


def logits_of(said: Tensor | WithAuxiliary) -> Tensor:
    """Return the logits (N, classes) of what a network has returned."""
    return said.logits if isinstance(said, WithAuxiliary) else said


def loss_of(
    loss: Callable[[Tensor, Tensor], Tensor], said: Tensor | WithAuxiliary, targets: Tensor
) -> Tensor:
    """Return the loss of what a network has returned: main + weight × each auxiliary classifier's.

    Args:
        loss: from logits and targets to their mean.
        said: by the network.
        targets: classes (N,) or probabilities (N, classes).
    """
    if not isinstance(said, WithAuxiliary):
        return loss(said, targets)
    auxiliary = torch.stack([loss(logits, targets) for logits in said.auxiliary])
    return loss(said.logits, targets) + said.weight * auxiliary.sum()


def each(change: Callable[[Tensor], Tensor], said: Tensor | WithAuxiliary) -> Tensor | WithAuxiliary:
    """Change all logits that a network has returned in the same way."""
    if not isinstance(said, WithAuxiliary):
        return change(said)
    return WithAuxiliary(change(said.logits), tuple(map(change, said.auxiliary)), said.weight)


def is_auxiliary(name: str) -> bool:
    """Tell whether a parameter or buffer of that name belongs to an auxiliary classifier."""
    return PART.search(name) is not None


def judged(weights: Mapping[str, Tensor], settings: Mapping[str, Value]) -> dict[str, Tensor]:
    """Return the weights without those of auxiliary classifiers: what is evaluated, exported and served.

    Args:
        weights: the state of a trial's network, whatever the recipe has put around it.
        settings: the trial's; where they ask for no auxiliary classifiers nothing is left out, whatever it is called.
    """
    has = bool(settings.get(AUXILIARY))
    return {name: tensor for name, tensor in weights.items() if not (has and is_auxiliary(name))}
