"""A table of labels: which file is an image of which class and split; CSV as RFC 4180 has it, with a header line."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from search.plan.mistake import Mistake, nearest, shown
from search.training.data.folder_layout import VALIDATION, Layout, refuse_unprintable, skip_list
from search.training.errors import DataError

COLUMNS = ("path", "label", "split")
"""Of which the last may be missing; other columns are passed over."""

SPLITS = {"train": "train", **dict.fromkeys(VALIDATION, "validation"), "test": "test"}

NAMED = 10
"""So many mistakes stand in a message."""


@dataclass(frozen=True)
class Row:
    """One line of the table: its number from 1, the absolute path of the image, the cells as they stand there."""

    line: int
    path: str
    cell: str
    label: str
    split: str


def read_label_file(table: Path, root: Path, *, absolute_paths: bool = False) -> Layout:
    """Read which files are images of which class and split.

    The header names the columns ``path``, ``label`` and, where the table says which images are held out, ``split``:
    train, validation (or val, valid) or test; without that column all are train. Paths are relative to the root and
    may lead into any folder below it. Classes are sorted by name. A line that is there twice counts once, and files
    that the root's skip.txt names are left out.

    Args:
        table: the file.
        root: the folder of the images.
        absolute_paths: whether the table may name images outside the root, by absolute paths.

    Raises:
        DataError: the table cannot be read, or has mistakes: of all of them the first ten are shown, with their lines.
    """
    rows, mistakes = _read(table, root)
    mistakes += [
        Mistake(file=str(table), line=row.line, key=key, found=found, expected=expected, hint=hint)
        for row in rows
        for key, found, expected, hint in _wrong(row, root, absolute_paths=absolute_paths)
    ]
    kept, contradictions = _distinct(rows, table)
    _refuse(table, [*mistakes, *contradictions])
    return _layout(table, root, kept, repeated=len(rows) - len(kept))


def _read(table: Path, root: Path) -> tuple[list[Row], list[Mistake]]:
    """Return the lines, and those that have another number of cells than the header."""
    try:
        # With Excel's byte order mark; names of files need not be UTF-8.
        with table.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
            reader = csv.reader(file, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            _refuse_header(table, header)
            numbered = [(reader.line_num, cells) for cells in reader if cells]
    except OSError as error:
        raise DataError(
            f"the table of labels {table} cannot be read: {error.strerror} (a relative data.file is looked for in "
            "data.dir, where there is one)"
        ) from error
    except csv.Error as error:
        raise DataError(f"{table}:{reader.line_num}: this is no CSV: {error}") from error
    places = [header.index(name) if name in header else None for name in COLUMNS]
    rows = [_row(line, cells, places, root) for line, cells in numbered if len(cells) == len(header)]
    expected = f"{len(header)}: {', '.join(header)}"
    return rows, [
        Mistake(file=str(table), line=line, found=f"{len(cells)} cells", expected=expected)
        for line, cells in numbered
        if len(cells) != len(header)
    ]


def _row(line: int, cells: Sequence[str], places: Sequence[int | None], root: Path) -> Row:
    path, label, split = ("train" if place is None else cells[place].strip() for place in places)
    return Row(line, os.path.normpath(os.path.join(root, path)), path, label, split)  # noqa: PTH118 - 13 times as fast


def _refuse_header(table: Path, header: Sequence[str]) -> None:
    mistakes = [
        Mistake(
            file=str(table),
            line=1,
            found=f"the columns {', '.join(header)}" if any(header) else "no header",
            expected=f"a column {name} (path and label are needed, split may be there)",
            hint=nearest(name, header),
        )
        for name in COLUMNS[:2]
        if name not in header
    ]
    mistakes += [
        Mistake(file=str(table), line=1, found=f"the column {name} twice", expected="it once")
        for name in COLUMNS
        if header.count(name) > 1
    ]
    _refuse(table, mistakes)


def _wrong(row: Row, root: Path, *, absolute_paths: bool) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is wrong with a line by itself: column, found, expected, hint."""
    if not row.cell:
        yield "path", "nothing", "the path of an image", ""
    elif not _allowed(row, root, absolute_paths=absolute_paths):
        hint = "data.absolute_paths: true allows absolute paths to other folders"
        yield "path", shown(row.cell), f"a path below {root}", hint
    elif not os.path.isfile(row.path):  # noqa: PTH113 - 1.3 million times
        yield "path", shown(row.cell), "a file that is there", ""
    if not row.label:
        yield "label", "nothing", "the name of a class", ""
    if row.split not in SPLITS:
        yield "split", shown(row.split), "train, validation or test", nearest(row.split, SPLITS)


def _allowed(row: Row, root: Path, *, absolute_paths: bool) -> bool:
    below = row.path.startswith(f"{os.path.normpath(root)}{os.sep}".replace("//", "/"))
    return below or (absolute_paths and os.path.isabs(row.cell))  # noqa: PTH117 - likewise


def _distinct(rows: Sequence[Row], table: Path) -> tuple[list[Row], list[Mistake]]:
    """Return the first line of each image, and the later ones that say something else of it."""
    first: dict[str, Row] = {}
    mistakes = []
    for row in rows:
        known = first.setdefault(row.path, row)
        for key, here, there in (("label", row.label, known.label), ("split", row.split, known.split)):
            if here != there:
                expected = f"{shown(there)} as in line {known.line}, where {shown(row.cell)} stands already"
                mistakes.append(
                    Mistake(file=str(table), line=row.line, key=key, found=shown(here), expected=expected)
                )
    return list(first.values()), mistakes


def _refuse(table: Path, mistakes: Sequence[Mistake]) -> None:
    if not mistakes:
        return
    ordered = sorted(mistakes, key=lambda mistake: mistake.line or 0)
    more = f"\n  and {len(ordered) - NAMED} more" if len(ordered) > NAMED else ""
    count = "a mistake" if len(ordered) == 1 else f"{len(ordered)} mistakes"
    raise DataError(f"{table} has {count}:" + "".join(f"\n  {m}" for m in ordered[:NAMED]) + more)


def _layout(table: Path, root: Path, rows: Sequence[Row], *, repeated: int) -> Layout:
    skipped = skip_list(root)
    classes = tuple(sorted({row.label for row in rows}))
    places = {name: place for place, name in enumerate(classes)}
    notes = (f"lines that say again what others say: {repeated:,}",) if repeated else ()
    layout = Layout(root, classes, {split: [] for split in dict.fromkeys(SPLITS.values())}, notes)
    for row in rows:
        path = Path(row.path)
        if not skipped or layout.name(path) not in skipped:
            layout.splits[SPLITS[row.split]].append((path, places[row.label]))
    _refuse_classes(table, layout)
    return replace(layout, splits={split: images for split, images in layout.splits.items() if images})


def _refuse_classes(table: Path, layout: Layout) -> None:
    refuse_unprintable(layout.classes)
    trained = {label for _, label in layout.splits["train"]}
    if len(layout.classes) < 2:
        named = f"one class, {layout.classes[0]}" if layout.classes else "no image"
        raise DataError(f"{table} names {named}; at least 2 classes are needed")
    if untrained := [name for label, name in enumerate(layout.classes) if label not in trained]:
        more = f" and {len(untrained) - NAMED} more" if len(untrained) > NAMED else ""
        raise DataError(
            f"{table}: no image is there to train on of the class{'es' * (len(untrained) > 1)} "
            f"{', '.join(untrained[:NAMED])}{more}"
        )
