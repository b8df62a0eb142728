"""Training losses, one file each. `losses` is the registry that a plugin adds to."""

from search.training.losses import cross_entropy
from search.training.losses.registry import Loss, losses

__all__ = ["Loss", "cross_entropy", "losses"]
