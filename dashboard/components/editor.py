"""A text editor with line numbers. Python hears what is typed while it is typed; `st.text_area` tells it at the end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import streamlit as st

FOLDER = Path(__file__).parent
HTML = '<div class="editor"><div class="gutter" aria-hidden="true"></div><textarea spellcheck="false"></textarea></div>'

_component = st.components.v2.component(
    "winnow.editor",
    html=HTML,
    css=(FOLDER / "editor.css").read_text(encoding="utf-8"),
    js=(FOLDER / "editor.js").read_text(encoding="utf-8"),
)


def editor(text: str, *, source: str, wrong: Iterable[int], most: int, label: str, key: str) -> None:
    """Draw an editor; `typed` says what stands in it.

    Args:
        text: to begin with.
        source: where the text comes from; another one puts its text into the place of what was typed.
        wrong: lines, from 1, that are marked.
        most: characters.
        label: for those who hear the page.
        key: of the element.
    """
    data = {"text": text, "source": source, "wrong": list(wrong), "most": most, "label": label}
    _component(data=data, key=key, on_typed_change=_nothing)


def typed(text: str, *, source: str, key: str) -> str:
    """Return what stands in an editor: what was typed of that source, else the text that it begins with."""
    state = st.session_state.get(key)
    found = state.get("typed") if state is not None else None
    if isinstance(found, Mapping) and found.get("source") == source and isinstance(found.get("text"), str):
        return str(found["text"])
    return text


def _nothing() -> None:
    """Streamlit tells of a state only where somebody listens."""
