"""Which images a person has named: files, folders of files, a list on standard input."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from search.training.data.folder_layout import SUFFIXES

MOST = 10_000
"""Images of one call: a folder that was named by mistake, such as /, ends there instead of never."""

STDIN = "-"


class TooManyImages(ValueError):  # noqa: N818 (says what is the case)
    """More images were named than are answered at once; the message says how many are."""


def images_given(words: Sequence[str], lines: Iterable[str] = (), *, most: int = MOST) -> list[Path]:
    """Return the paths that were named, in their order; whether they are images is seen when they are read.

    Args:
        words: files; folders, of which the images are taken by their suffixes, at any depth, sorted, hidden ones left
            out, links to folders not followed; and ``-`` for the names in ``lines``.
        lines: a file a line, empty ones left out.
        most: that are allowed.

    Raises:
        TooManyImages: there are more.
    """
    found = list(islice(_given(words, lines), most + 1))
    if len(found) > most:
        raise TooManyImages(f"at most {most:,} images are taken at once, but more were named")
    return found


def _given(words: Sequence[str], lines: Iterable[str]) -> Iterator[Path]:
    for word in words:
        if word == STDIN:
            names = (line.rstrip("\r\n") for line in lines)
            yield from (Path(name) for name in names if name.strip())
        elif Path(word).is_dir():
            yield from _in_folder(Path(word))
        else:
            yield Path(word)


def _in_folder(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(place, name)
            # Only what is a file: to open a pipe of that name would wait for ever.
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file():
                yield path
