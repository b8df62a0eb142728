"""A model card (Markdown with pictures beside it) in parts that a page can show without trusting it.

HTML in it is shown as text by Streamlit. Pictures are those of the bundle; any other would be fetched from elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from dashboard.prepare.bundles import Shown
from dashboard.prepare.pictures import png
from search.winner.bundle import Bundle

MOST_TEXT = 512 * 1024
"""Bytes that are read of a card."""

PICTURE = re.compile(r"!\[([^\]\n]*)\]\(([^)\s]+)[^)\n]*\)")
FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
HEADING = re.compile(r"^(#{1,2} )")
FRONT = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)


@dataclass(frozen=True)
class Part:
    """A stretch of a card: Markdown, or a picture (PNG) with what it shows in words."""

    text: str
    picture: bytes | None = None


def card(shown: Shown) -> list[Part]:
    """Return the model card of a bundle in its order, without the settings at its top; none where it has none."""
    path = Bundle(shown.folder).card
    if path.name not in shown.sizes:
        return []
    try:
        with path.open("rb") as file:
            text = file.read(MOST_TEXT).decode("utf-8", "replace")
    except OSError:
        return []
    return parts(FRONT.sub("", text.replace("\r\n", "\n"), count=1), shown)


def parts(text: str, shown: Shown) -> list[Part]:
    """Return Markdown cut at its pictures; those that are not files of the bundle become words.

    The two highest headings are one level lower: the page has its own above them.
    """
    found: list[Part] = []
    fence = ""
    for line in text.split("\n"):
        mark = FENCE.match(line)
        if mark and (not fence or line.strip().startswith(fence)):
            fence = "" if fence else mark[1]
        if fence or mark:
            _add(found, line)
        else:
            _cut(found, line, shown)
    return [part for part in found if part.picture is not None or part.text.strip()]


def _cut(found: list[Part], line: str, shown: Shown) -> None:
    """Add a line outside of code: its text, and its pictures after it."""
    line = HEADING.sub(r"#\1", line)
    pictures = [(match[1], match[2]) for match in PICTURE.finditer(line)]
    kept = {name: _picture(name, shown) for _, name in pictures}
    text = PICTURE.sub(lambda match: "" if kept[match[2]] else f"(picture: {match[1]})", line)
    if text.strip() or not pictures:
        # What else may mean a picture, such as one by a reference, is to be read as text.
        _add(found, text.replace("![", r"!\["))
    found += [Part(words, kept[name]) for words, name in pictures if kept[name]]


def _picture(name: str, shown: Shown) -> bytes | None:
    known = name.removeprefix("./")
    return png(shown.folder / known) if known in shown.sizes else None


def _add(found: list[Part], line: str) -> None:
    if found and found[-1].picture is None:
        found[-1] = Part(f"{found[-1].text}\n{line}")
    else:
        found.append(Part(line))
