"""A model from a bundle: its architecture from config.json alone, its weights from model.safetensors."""

from __future__ import annotations

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from search.plan.plugins import load_plugins
from search.training.parts import Parts
from search.winner.bundle import Bundle, BundleError
from search.winner.description import Description


def rebuilt(bundle: Bundle) -> tuple[Description, nn.Module]:
    """Build a bundle's model; nothing is unpickled.

    Returns:
        What it is, and the model: from normalized images (N, C, H, W) to logits (N, classes), in evaluation mode.

    Raises:
        BundleError: a file is missing or damaged, or the weights do not fit the architecture.
        PlanError: a plugin cannot be loaded.
        SettingsError: the configuration is none that this version knows.
    """
    description = Description.read(bundle.config)
    load_plugins(description.config.plugins)
    model = Parts.of(description.config.settings).model(description.shape, len(description.classes))
    try:
        model.load_state_dict(load_file(bundle.weights))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"{bundle.weights} does not fit {bundle.config}: {error}") from error
    return description, model.eval()
