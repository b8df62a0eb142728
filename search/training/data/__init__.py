"""Data sets, decoded once per machine. `datasets` is the registry that a plugin adds to."""

from search.training.data import digits, image_csv, image_folder, torchvision_sets
from search.training.data.batches import Batches, Resident, Streamed
from search.training.data.dataset import Data, Split, load_data, load_test
from search.training.data.registry import Locate, datasets
from search.training.data.source import Contents, Source, Writer

__all__ = [
    "Batches",
    "Contents",
    "Data",
    "Locate",
    "Resident",
    "Source",
    "Split",
    "Streamed",
    "Writer",
    "datasets",
    "digits",
    "image_csv",
    "image_folder",
    "load_data",
    "load_test",
    "torchvision_sets",
]
