"""The pages, their order, and the links between them: a run's name travels in the URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

FOLDER = Path(__file__).parent / "views"
RUNS = "runs"
RUN_PAGES = {
    "overview": ("Overview", ":material/insights:"),
    "leaderboard": ("Leaderboard", ":material/leaderboard:"),
    "curves": ("Curves", ":material/show_chart:"),
    "winner": ("Winner", ":material/trophy:"),
}
"""The pages of one run: name in the URL, title, icon."""


def navigation() -> StreamlitPage:
    """Declare all pages and return the one that the URL names."""
    runs = st.Page(FOLDER / "runs.py", title="Runs", icon=":material/view_list:", default=True)
    of_run = [
        st.Page(FOLDER / f"{name}.py", title=title, icon=icon, url_path=name)
        for name, (title, icon) in RUN_PAGES.items()
    ]
    return st.navigation([runs, *of_run], position="hidden")


def path_of(name: str) -> str:
    """Return how Streamlit calls the file of a page."""
    return str(FOLDER / f"{name}.py")


def links(run: str | None) -> None:
    """Draw the links to all pages, those of a run only where one is chosen."""
    st.page_link(path_of(RUNS), label="Runs", icon=":material/view_list:")
    for name, (title, icon) in RUN_PAGES.items() if run is not None else ():
        st.page_link(path_of(name), label=title, icon=icon, query_params={"run": str(run)})
