"""A trial's model before its first step: built, its weights drawn, on its device."""

from __future__ import annotations

import torch
from torch import nn

from search.training.data.dataset import Data
from search.training.initialization import initialize
from search.training.parts import Parts
from search.training.randomness import Randomness
from search.training.rescaled import Rescaled


def build_model(parts: Parts, data: Data, randomness: Randomness, device: torch.device) -> nn.Module:
    """Build a trial's model.

    Args:
        parts: what the trial has chosen.
        data: its images.
        randomness: of the initial weights; every call draws the same.
        device: where it trains.

    Returns:
        From standardised images to logits, in training mode also to those of auxiliary classifiers where the trial has
        any; in the memory format of the recipe.

    Raises:
        SettingsError: the architecture cannot be built for these images.
    """
    with randomness.initial_weights():
        model = parts.model(data.shape, len(data.classes), training=True)
        initialize(model, parts.recipe.initialization)
    for module in model.modules():
        if isinstance(module, Rescaled):
            module.learn(data.mean, data.std)
    if parts.recipe.memory_format_is_channels_last:
        model = model.to(memory_format=torch.channels_last)
    return model.to(device)
