"""A section of a page: the words that a space may use, by group, looked up while one is written."""

from __future__ import annotations

import streamlit as st

from dashboard.drawing import folded
from dashboard.prepare.word_list import sections
from dashboard.prepare.words import plain
from search.plan.space import Space
from search.plan.vocabulary import Vocabulary

LONG = 420
"""Pixels of the list; a longer one is scrolled."""


def look_up(words: Vocabulary, space: Space | None) -> None:
    """Draw a closed box; in it a group of words at a time, or what was looked for.

    Args:
        words: all of them.
        space: as it is written; None where it has mistakes.
    """
    box = folded("What a space may say", key="what a space may say", icon=":material/menu_book:")
    if box is None:
        return
    with box:
        about = st.text_input(
            "Look up",
            placeholder="such as dropout, adamw, vgg, timm/convnext",
            max_chars=100,
            key="look up",
            help="A setting, a choice, or a part of either; what stands beside a choice is found by its name",
        )
        found = sections(words, about=about or "", space=space)
        if not found:
            st.caption(f"Nothing has to do with {plain(about)}.")
        elif about:
            _list("\n\n".join(f":blue-badge[{plain(name)}]\n\n{text}" for name, text in found.items()))
        else:
            _groups(found, whole=space is None)


def _groups(found: dict[str, str], *, whole: bool) -> None:
    name = st.pills("Group", list(found), default=next(iter(found)), key="group of words", required=True)
    if not whole:
        st.caption("Those that the choices of this space use. Look up others by name.")
    _list(found.get(str(name), next(iter(found.values()))))


def _list(text: str) -> None:
    with st.container(height=LONG, border=False):
        st.markdown(text)
