"""Augmentations, one file each. `augmentations` is the registry that a plugin adds to."""

# The order of registration is the order of application: cutout's square is drawn last, upright.
# isort: off
from search.training.augmentations import crop
from search.training.augmentations import flip
from search.training.augmentations import rotation
from search.training.augmentations import cutout

# isort: on
from search.training.augmentations.registry import PREFIX, Augment, augmentations, pipeline

__all__ = ["PREFIX", "Augment", "augmentations", "crop", "cutout", "flip", "pipeline", "rotation"]
