"""Which files of a folder are images of which class and split; names only, nothing is opened."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from search.plan.registry import did_you_mean
from search.training.errors import DataError

SUFFIXES = frozenset(
    {".bmp", ".gif", ".jfif", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"}
)
VALIDATION = ("val", "valid", "validation")
SPLIT_WORDS = frozenset({"train", "training", "test", "testing", "dev", *VALIDATION})
"""Folders of such names, in any case, are splits that somebody else's tool calls so, and hardly classes."""

SKIP_LIST = "skip.txt"
"""In the root of a folder: relative names of files that are to be left out, one a line."""


@dataclass(frozen=True)
class Layout:
    """The images of a folder. ``splits`` maps train, validation, test to (path, label) in the order of the names.

    ``notes`` are sentences for the user.
    """

    root: Path
    classes: tuple[str, ...]
    splits: dict[str, list[tuple[Path, int]]]
    notes: tuple[str, ...] = ()

    def name(self, path: Path) -> str:
        """Return a file's name relative to the root, as the skip list wants it; of one outside its whole path."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.as_posix()


def read_layout(root: Path) -> Layout:
    """Find the classes, splits and image files of a folder.

    Either ``train/<class>/…`` with ``val/`` (or ``valid/``, ``validation/``) and ``test/`` where there are such, or
    ``<class>/…`` alone. Classes are sorted by name. Images may lie deeper in a class's folder; files with other
    suffixes and hidden ones are passed over; links are followed, each folder once, but not back to the root. A
    ``test/`` without class folders holds images that nobody labelled: it is passed over, with a note.

    Args:
        root: the folder.

    Raises:
        DataError: no such folder, fewer than two classes, classes without images, classes whose names are those
            of splits, a class that only the validation or test split has, or no image in the validation split.
    """
    if not root.is_dir():
        raise DataError(f"{root} is not a folder of images")
    tops = _split_folders(root)
    classes = tuple(folder.name for folder in _subfolders(tops["train"]))
    refuse_unprintable(classes)
    if len(classes) < 2:
        raise DataError(
            f"{tops['train']} holds {len(classes)} class folder{'s' * (len(classes) != 1)}, but at least 2 are "
            "needed: train/<class>/… or <class>/…"
        )
    _refuse_split_words(root, tops["train"], classes)
    skipped = skip_list(root)
    splits = {split: _images(root, top, classes, skipped) for split, top in tops.items()}
    _refuse_empty_classes(classes, splits["train"])
    if "validation" in splits and not splits["validation"]:
        raise DataError(
            f"{tops['validation']} holds no image in a folder of a class; fill it, or remove it to have images of "
            "train/ held out"
        )
    notes: tuple[str, ...] = ()
    if "test" in splits and not splits["test"]:
        del splits["test"]
        notes = (f"{tops['test']} holds no image in a folder of a class, so there is no test split",)
    return Layout(root, classes, splits, notes)


def _split_folders(root: Path) -> dict[str, Path]:
    # A folder train/ without folders in it is a class of trains.
    if not (root / "train").is_dir() or not _subfolders(root / "train"):
        return {"train": root}
    tops = {"train": root / "train"}
    validation = [name for name in VALIDATION if (root / name).is_dir()]
    if len(validation) > 1:
        both = " and ".join(f"{name}/" for name in validation)
        raise DataError(f"{root} has {both}, but one validation split is allowed")
    if validation:
        tops["validation"] = root / validation[0]
    if (root / "test").is_dir():
        tops["test"] = root / "test"
    return tops


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def skip_list(root: Path) -> set[str]:
    """Return the names of the files that are to be left out of a folder."""
    path = root / SKIP_LIST
    if not path.is_file():
        return set()
    # With Notepad's byte order mark, and with names that are no UTF-8, as `Writer.list_aside` writes them.
    lines = path.read_text("utf-8-sig", "surrogateescape").split("\n")
    return {line.rstrip("\r") for line in lines} | {line.strip() for line in lines}


def _images(root: Path, top: Path, classes: tuple[str, ...], skipped: set[str]) -> list[tuple[Path, int]]:
    found = []
    above = {os.path.realpath(folder) for folder in (root, top)}  # a link to these leads to the other classes
    for folder in _subfolders(top):
        if folder.name not in classes:
            raise DataError(
                f"{folder}: the training split has no such class{did_you_mean(folder.name, classes)}"
            )
        label = classes.index(folder.name)
        found += [
            (p, label)
            for p in sorted(_walk(folder, set(above)), key=os.fspath)
            if not skipped or p.relative_to(root).as_posix() not in skipped
        ]
    return found


def _walk(folder: Path, seen: set[str]) -> Iterator[Path]:
    """Yield the image files below a folder; a link that leads back is followed once."""
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_folder(entry):
                yield from _walk(Path(entry.path), seen)
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:  # noqa: PTH122 - 60,000 times: Path is 4× slower
                yield Path(entry.path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; by its suffix it may still be an image, which the decoder then names
        return False


def refuse_unprintable(classes: Sequence[str]) -> None:
    """Refuse line breaks and names that are no UTF-8: classes stand in tables, logs and file names from here on.

    Raises:
        DataError: such classes, all of them.
    """
    bad = [name for name in classes if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in name)]
    if bad:
        names = ", ".join(ascii(name) for name in bad)
        raise DataError(
            f"no class can be called {names}: control characters, or no UTF-8; give it another name"
        )


def _refuse_split_words(root: Path, top: Path, classes: tuple[str, ...]) -> None:
    words = [name for name in classes if name.lower() in SPLIT_WORDS]
    if top == root and len(words) > 1:
        raise DataError(
            f"{root} holds the folders {', '.join(words)}: splits, it seems, and no classes; rename them to "
            "train/, val/ and test/, of which train/ is needed"
        )


def _refuse_empty_classes(classes: tuple[str, ...], images: list[tuple[Path, int]]) -> None:
    present = {label for _, label in images}
    empty = [name for label, name in enumerate(classes) if label not in present]
    if empty:
        raise DataError(
            f"no image in the class{'es' * (len(empty) > 1)} {', '.join(empty)}; remove the folder or fill it "
            f"(read are {', '.join(sorted(SUFFIXES))})"
        )
