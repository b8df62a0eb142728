"""torchvision's model classes by their published names."""

from __future__ import annotations

from typing import Any

from torch import nn


def published(name: str, classes: int, **settings: Any) -> nn.Module:
    """Build torchvision's model of a name, its weights drawn as its authors drew them.

    Args:
        name: as `torchvision.models.list_models` has it.
        classes: the number of logits.
        settings: of the model class.

    Returns:
        The module.
    """
    # Late: torchvision takes 4 s to import here, 3.6 of them torch._dynamo, and not every network needs it.
    from torchvision.models import get_model  # type: ignore[import-untyped]  # noqa: PLC0415

    model: nn.Module = get_model(name, weights=None, num_classes=classes, **settings)
    return model


def with_auxiliary(name: str, classes: int, weight: float, **settings: Any) -> nn.Module:
    """Build GoogLeNet or Inception v3, with auxiliary classifiers or without.

    Args:
        name: as `torchvision.models.list_models` has it.
        classes: the number of logits.
        weight: of each auxiliary classifier's loss in training; 0: there are none.
        settings: of the model class.

    Returns:
        The module, in training mode `WithAuxiliary` where there are any.
    """
    if not weight:
        return published(name, classes, aux_logits=False, **settings)
    # Late, because torchvision takes 4 s to import here.
    from search.training.architectures.auxiliary_heads import MODELS  # noqa: PLC0415

    return MODELS[name](weight, num_classes=classes, **settings)
