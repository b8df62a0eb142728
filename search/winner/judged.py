"""Which images a model is judged on: of a data set or a folder, its classes by name, and what they were to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from search.plan.mistake import did_you_mean
from search.plan.trial_config import DataConfig
from search.training.data import Data, Split, datasets, load_data, load_test
from search.training.data.folder_layout import Layout, read_layout
from search.training.data.image_file import read_pixels
from search.training.data.source import Images, Labels
from search.training.errors import DataError
from search.winner.description import Description

SPLITS = ("train", "validation", "test")

TRAINED = "{count:,} of these images trained this model: what it says of them tells nothing about new ones."
CHOSE = (
    "The {count:,} validation images chose this model among others, so they flatter it a little; search.confirm says "
    "how much."
)
TESTED = (
    "This was a look at the {count:,} test images. No record is kept of it: a test split that is looked at again and "
    "again to choose something is no test any more."
)
UNKNOWN = "Whether the model has seen some of these images in its training cannot be told from here."


@dataclass(frozen=True, eq=False)
class Part:
    """Images of one split.

    ``labels`` (n,) are places among the model's classes. ``read`` returns an image (H, W, C) as the model sees it, by
    its place, and raises `UnreadableImage`; ``name`` says what it is called.
    """

    split: str
    labels: Labels
    read: Callable[[int], Images]
    name: Callable[[int], str]


@dataclass(frozen=True, eq=False)
class Judged:
    """The images that a model is judged on.

    ``held_out`` are its own validation images where they are at hand and not among these: a temperature is fitted on
    them. ``notes`` say what the images were to the model, in sentences.
    """

    data: str
    parts: tuple[Part, ...]
    held_out: Part | None
    notes: tuple[str, ...]

    @property
    def split(self) -> str:
        """The names of the splits."""
        return " + ".join(part.split for part in self.parts)


def judged(
    description: Description, data: str, *, directory: Path | None = None, split: str | None = None
) -> Judged:
    """Find the images that a model is to be judged on.

    Args:
        description: of the model.
        data: a folder of images (see `read_layout`), or the name of a data set.
        directory: where the files of a named data set lie.
        split: ``train``, ``validation``, ``test`` or ``all``; None: the validation split where there is one, else all.

    Raises:
        DataError: the images are missing or damaged, there is no such split, or a class is unknown to the model.
    """
    if data in datasets and data != "image_folder":
        return _of_set(description, data, directory, split)
    folder = Path(data)
    if not folder.is_dir():
        raise DataError(
            f"{data} is neither a folder nor the name of a data set{did_you_mean(data, datasets.names())}"
        )
    own = (
        description.config.data.name == "image_folder" and read_layout(folder).classes == description.classes
    )
    if own and is_trained_on(load_data(description.config.data, directory=folder), description):
        return _of_set(description, "image_folder", folder, split)
    return _of_folder(description, read_layout(folder), split)


def is_trained_on(data: Data, description: Description) -> bool:
    """Tell whether a model was trained on the training split of these data.

    Mean and deviation of its pixels are kept exactly: other images, or another split of the same, have others.
    """
    there = (data.classes, data.shape, data.mean, data.std)
    return there == (description.classes, description.shape, description.mean, description.std)


def _of_set(description: Description, name: str, directory: Path | None, split: str | None) -> Judged:
    own = description.config.data
    height, width = description.shape[1:]
    other = DataConfig(name, size=height if height == width else None)
    config = own if own.name == name else other
    data = load_data(config, directory=directory)
    wanted = split or "validation"
    names = SPLITS if wanted == "all" else (wanted,)
    labels = _matching(data.classes, description.classes)
    found = {"train": data.train, "validation": data.validation}
    if "test" in names:
        try:
            found["test"] = load_test(config, directory=directory)
        except DataError:  # none, or a damaged one: of all images it is left out then
            if wanted == "test":
                raise
    parts = tuple(_part(name, found[name], labels, description.shape) for name in names if name in found)
    same = is_trained_on(data, description)
    apart = same and "validation" not in names
    held_out = _part("validation", data.validation, labels, description.shape) if apart else None
    return Judged(
        str(directory) if name == "image_folder" else name, parts, held_out, _notes(parts, same=same)
    )


def _of_folder(description: Description, layout: Layout, split: str | None) -> Judged:
    single = len(layout.splits) == 1
    wanted = split or ("validation" if "validation" in layout.splits else "all")
    if wanted != "all" and wanted not in layout.splits:
        raise DataError(
            f"{layout.root} has no {wanted} split: a folder of that name in it, holding a folder for each class, is "
            "expected; --split all takes all images"
        )
    labels = _matching(layout.classes, description.classes)
    channels, height, width = description.shape
    parts = []
    for name, images in layout.splits.items():
        if wanted in ("all", name):
            paths = [path for path, _ in images]
            read = partial(_read_file, paths, height, width, channels)
            known = labels[np.array([label for _, label in images], dtype=np.int64)]
            parts.append(Part("all" if single else name, known, read, partial(_file_name, layout, paths)))
    return Judged(str(layout.root), tuple(parts), None, (UNKNOWN, *layout.notes))


def _part(name: str, split: Split, labels: Labels, shape: tuple[int, int, int]) -> Part:
    read = partial(_read_row, split, shape)
    return Part(name, labels[split.labels[split.indices]], read, partial("{} image {}".format, name))


def _read_row(split: Split, shape: tuple[int, int, int], place: int) -> Images:
    channels, height, width = shape
    pixels = split.images[split.indices[place]]
    return (
        pixels if pixels.shape == (height, width, channels) else read_pixels(pixels, height, width, channels)
    )


def _read_file(paths: Sequence[Path], height: int, width: int, channels: int, place: int) -> Images:
    return read_pixels(paths[place], height, width, channels)


def _file_name(layout: Layout, paths: Sequence[Path], place: int) -> str:
    return layout.name(paths[place])


def _matching(theirs: Sequence[str], ours: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the place of each of their classes among ours.

    Raises:
        DataError: one is not among them.
    """
    if strange := [name for name in theirs if name not in ours]:
        raise DataError(
            f"the class {strange[0]!r} of these images is unknown to the model{did_you_mean(strange[0], ours)}"
        )
    return np.array([ours.index(name) for name in theirs], dtype=np.int64)


def _notes(parts: Sequence[Part], *, same: bool) -> tuple[str, ...]:
    texts = {"train": TRAINED, "validation": CHOSE}
    known = [(part, texts[part.split]) for part in parts if same and part.split in texts]
    known += [(part, TESTED) for part in parts if part.split == "test"]
    notes = [text.format(count=len(part.labels)) for part, text in known]
    return tuple(notes if same else [*notes, UNKNOWN])
