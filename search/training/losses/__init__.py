"""Training losses, one file each. `losses` is the registry that a plugin adds to."""

from search.training.losses import binary_cross_entropy, cross_entropy, focal
from search.training.losses.registry import Loss, losses

__all__ = ["Loss", "binary_cross_entropy", "cross_entropy", "focal", "losses"]
