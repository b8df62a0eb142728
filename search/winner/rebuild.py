"""A model from a bundle: its architecture from config.json alone, its weights from model.safetensors."""

from __future__ import annotations

from collections.abc import Mapping

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from search.training.parts import Parts
from search.winner.bundle import Bundle, BundleError
from search.winner.description import Description, Member
from search.winner.ensemble.module import Ensemble
from search.winner.trust import load_trusted


def rebuilt(bundle: Bundle, *, plugins: bool = False) -> tuple[Description, nn.Module]:
    """Build a bundle's model; nothing is unpickled.

    Args:
        bundle: the folder.
        plugins: whether the Python files that it names may be run, see `load_trusted`.

    Returns:
        What it is, and the model: from normalized images (N, C, H, W) to logits (N, classes), in evaluation mode. Of
        several members it is their `Ensemble`.

    Raises:
        BundleError: a file is missing or damaged, the weights do not fit the architecture, or plugins may not be run.
        PlanError: a plugin cannot be loaded.
        SettingsError: the configuration is none that this version knows.
    """
    description, members = rebuilt_members(bundle, plugins=plugins)
    return description, joined(members, description)


def rebuilt_members(bundle: Bundle, *, plugins: bool = False) -> tuple[Description, list[nn.Module]]:
    """Build each member of a bundle, as `rebuilt` does; most bundles have one."""
    description = Description.read(bundle.config)
    for member in description.members:
        load_trusted(member.config, bundle.config, plugins=plugins)
    try:
        weights = load_file(bundle.weights)
        several = len(description.members) > 1
        members = [
            _member(member, description, _of_member(weights, index) if several else weights)
            for index, member in enumerate(description.members)
        ]
    except (OSError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"{bundle.weights} does not fit {bundle.config}: {error}") from error
    return description, members


def joined(members: list[nn.Module], description: Description) -> nn.Module:
    """Return several members as one model in evaluation mode, a single one as it is."""
    model = members[0] if len(members) == 1 else Ensemble(members, description.shares)
    return model.eval()


def _member(member: Member, description: Description, weights: Mapping[str, Tensor]) -> nn.Module:
    model = Parts.of(member.config.settings).model(description.shape, len(description.classes))
    model.load_state_dict(weights)
    return model.eval()


def _of_member(weights: Mapping[str, Tensor], index: int) -> dict[str, Tensor]:
    prefix = f"members.{index}."
    return {name.removeprefix(prefix): tensor for name, tensor in weights.items() if name.startswith(prefix)}
