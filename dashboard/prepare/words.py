"""Text from files, made safe to stand in Streamlit's Markdown.

A run may come from somebody else: a name or a reason in it must not become a link, an image that is fetched, or
a formula.
"""

from __future__ import annotations

import re

SPECIAL = re.compile(r"[!-/:-@\[-`{-~]")
"""ASCII punctuation: CommonMark lets every one of it be escaped (https://spec.commonmark.org/0.31.2/#backslash-escapes)."""


def plain(text: object) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return SPECIAL.sub(r"\\\g<0>", " ".join(str(text).split()))
