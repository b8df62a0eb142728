"""The Python of the pages: programs, and files of one's own parts, which begin with their name: `# my_models.py`."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.pages import PAGES, Block, blocks, name_of

FILE = re.compile(r"# (\w+\.py)\n")


def python_blocks(page: Path) -> list[Block]:
    """Return the Python of a page."""
    return [block for block in blocks(page) if block.language == "python"]


def file_of(block: Block) -> str | None:
    """Return the file whose content a block is; None where it is a program."""
    found = FILE.match(block.text)
    return found[1] if found else None


def programs(page: Path) -> list[Block]:
    """Return the programs of a page."""
    return [block for block in python_blocks(page) if not file_of(block)]


def parts() -> list[Block]:
    """Return the files of own parts, of all pages."""
    return [block for page in PAGES for block in python_blocks(page) if file_of(block)]


def write_parts(page: str, folder: Path) -> list[str]:
    """Write the files that a page shows into a folder; return their names."""
    shown = [
        block for path in PAGES if name_of(path) == page for block in python_blocks(path) if file_of(block)
    ]
    for block in shown:
        (folder / str(file_of(block))).write_text(block.text, encoding="utf-8")
    return [str(file_of(block)) for block in shown]
