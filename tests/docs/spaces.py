"""The YAML of the pages: whole spaces, and parts of one, which become whole by what stands around them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from search.plan.model import Plan
from tests.docs.pages import Block

KEY = re.compile(r"^(\w+):", re.MULTILINE)
SECTIONS = {field.alias or name for name, field in Plan.model_fields.items()}
AROUND = {"data": "data: digits\n", "space": "space:\n  architecture: cnn\n"}
"""What a fragment leaves out, and every plan must have."""


def documents(block: Block) -> list[str]:
    """Return what a block shows, each as a whole file.

    What stands twice is shown as a choice, and so is what an empty line parts.
    """
    return [whole(part) for part in _parts(block.text)]


def whole(fragment: str) -> str:
    """Return a fragment with what every plan must have; settings that are no section are those of the space."""
    if not set(KEY.findall(fragment)) <= SECTIONS:
        fragment = "space:\n" + textwrap.indent(fragment, "  ")
    missing = [text for key, text in AROUND.items() if key not in KEY.findall(fragment)]
    return "".join([fragment, *missing])


def _parts(text: str) -> Iterator[str]:
    lines: list[str] = []
    seen: set[str] = set()
    for line in text.splitlines():
        key = KEY.match(line)
        if lines and (not line.strip() or (key and key[1] in seen)):
            yield "\n".join([*lines, ""])
            lines, seen = [], set()
        if key:
            seen.add(key[1])
        if line.strip():
            lines.append(line)
    if lines:
        yield "\n".join([*lines, ""])


def named(block: Block, folder: Path) -> list[Path]:
    """Write what a block shows into a folder; return the files."""
    paths = []
    for number, text in enumerate(documents(block)):
        paths.append(folder / f"shown-{number}.yaml")
        paths[-1].write_text(text, encoding="utf-8")
    return paths
