"""SECURITY.md names tests behind its claims: all of them are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
NAMED = re.compile(r"`(?:(?P<folder>(?:\w+/)*)(?P<file>test_\w+\.py))?(?:::(?P<test>test_\w+))?`")


def named() -> Iterator[tuple[Path, str]]:
    """Yield file and test of each mention; a bare name belongs to the file, a bare file to the folder before it."""
    folder, file = "", ""
    for found in NAMED.finditer((REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")):
        folder, file = found["folder"] or folder, found["file"] or file
        yield REPOSITORY / folder / file, found["test"] or ""


def test_every_test_that_the_page_names_is_there() -> None:
    mentions = list(named())
    assert len(mentions) > 20
    missing = [
        f"{file.relative_to(REPOSITORY)} {test}"
        for file, test in mentions
        if not file.is_file() or (test and f"def {test}(" not in file.read_text(encoding="utf-8"))
    ]
    assert missing == []
