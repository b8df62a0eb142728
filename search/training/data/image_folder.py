"""A folder of image files, one folder per class, as `torchvision.datasets.ImageFolder` has it and a bit more."""

from __future__ import annotations

from pathlib import Path

from search.plan.trial_config import DataConfig
from search.training.data.folder_layout import read_layout
from search.training.data.registry import datasets
from search.training.data.source import Source, file_identity
from search.training.data.surveyed import source_of_files
from search.training.errors import DataError


@datasets.register("image_folder")
def image_folder(config: DataConfig, directory: Path | None) -> Source:
    """Your own images: DIR/train/<class>/… with val/ and test/ where there are such, or DIR/<class>/… alone."""
    if config.file is not None:
        raise DataError(
            f"image_folder reads no table of labels, but data.file is {config.file}: its folders are the classes; "
            "data.name: image_csv reads one"
        )
    if directory is None:
        raise DataError("image_folder needs the folder of the images: --data-dir DIR")
    layout = read_layout(directory)
    files = {
        split: [file_identity(path, directory) for path, _ in images]
        for split, images in layout.splits.items()
    }
    return source_of_files("image_folder", {"files": files, "classes": layout.classes}, layout, config.size)
