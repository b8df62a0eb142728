"""Augmentations, one file each. `augmentations` is the registry that a plugin adds to."""

# The order of registration is the order of application within a kind, and that of the draws.
# isort: off
from search.training.augmentations import crop
from search.training.augmentations import flip
from search.training.augmentations import vertical_flip
from search.training.augmentations import resized_crop
from search.training.augmentations import zoom
from search.training.augmentations import shear
from search.training.augmentations import rotation
from search.training.augmentations import shift
from search.training.augmentations import brightness
from search.training.augmentations import contrast
from search.training.augmentations import saturation
from search.training.augmentations import hue
from search.training.augmentations import rand_augment
from search.training.augmentations import trivial_augment
from search.training.augmentations import auto_augment
from search.training.augmentations import blur
from search.training.augmentations import noise
from search.training.augmentations import erasing
from search.training.augmentations import cutout
from search.training.augmentations import mixup
from search.training.augmentations import cutmix

# isort: on
from search.training.augmentations.draws import Draws
from search.training.augmentations.kinds import Augmentation
from search.training.augmentations.pipeline import Pipeline, pipeline
from search.training.augmentations.presets import preset_settings, presets
from search.training.augmentations.registry import PREFIX, augmentations

__all__ = [
    "PREFIX",
    "Augmentation",
    "Draws",
    "Pipeline",
    "augmentations",
    "auto_augment",
    "blur",
    "brightness",
    "contrast",
    "crop",
    "cutmix",
    "cutout",
    "erasing",
    "flip",
    "hue",
    "mixup",
    "noise",
    "pipeline",
    "preset_settings",
    "presets",
    "rand_augment",
    "resized_crop",
    "rotation",
    "saturation",
    "shear",
    "shift",
    "trivial_augment",
    "vertical_flip",
    "zoom",
]
