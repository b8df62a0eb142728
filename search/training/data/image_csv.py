"""Images that lie anywhere, with a table that says which is of which class: `search.training.data.label_file`."""

from __future__ import annotations

from pathlib import Path

from search.plan.trial_config import DataConfig
from search.training.data.label_file import read_label_file
from search.training.data.registry import datasets
from search.training.data.source import Source, file_identity
from search.training.data.surveyed import source_of_files
from search.training.errors import DataError


@datasets.register("image_csv")
def image_csv(config: DataConfig, directory: Path | None) -> Source:
    """Your own images by a table of labels: data.file, with the columns path, label and, if you like, split."""
    if config.file is None:
        raise DataError(
            "image_csv needs a table of labels: data: {name: image_csv, file: labels.csv}, with the columns path, "
            "label and, if you like, split"
        )
    table = Path(config.file) if directory is None else directory / config.file
    root = table.parent if directory is None else directory
    layout = read_label_file(table, root, absolute_paths=config.absolute_paths)
    files = {
        split: [[*file_identity(path, root), label] for path, label in images]
        for split, images in layout.splits.items()
    }
    return source_of_files("image_csv", {"files": files, "classes": layout.classes}, layout, config.size)
