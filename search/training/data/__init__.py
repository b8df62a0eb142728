"""Data sets, decoded once per machine. `datasets` is the registry that a plugin adds to."""

from search.training.data import digits, image_folder, torchvision_sets
from search.training.data.dataset import Data, Resident, Split, load_data, load_test
from search.training.data.registry import Locate, datasets
from search.training.data.source import Contents, Source, Writer

__all__ = [
    "Contents",
    "Data",
    "Locate",
    "Resident",
    "Source",
    "Split",
    "Writer",
    "datasets",
    "digits",
    "image_folder",
    "load_data",
    "load_test",
    "torchvision_sets",
]
