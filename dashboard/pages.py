"""The pages, their order, and the links between them: run, filter and chosen trials travel in the URL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from dashboard.address import carried

if TYPE_CHECKING:
    from streamlit.navigation.page import StreamlitPage

FOLDER = Path(__file__).parent / "views"
RUNS, NEW = "runs", "new"
TITLES = {
    RUNS: ("Runs", ":material/view_list:"),
    "overview": ("Overview", ":material/insights:"),
    "leaderboard": ("Leaderboard", ":material/leaderboard:"),
    "curves": ("Curves", ":material/show_chart:"),
    "parallel": ("Parallel coordinates", ":material/stacked_line_chart:"),
    "parameters": ("Parameters", ":material/tune:"),
    "rungs": ("Rungs", ":material/stairs:"),
    "compare": ("Compare", ":material/compare_arrows:"),
    "trial": ("Trial", ":material/science:"),
    "winner": ("Winner", ":material/trophy:"),
    "timeline": ("Timeline", ":material/view_timeline:"),
    NEW: ("New search", ":material/add_circle:"),
}
"""Title and icon of each page; its name is that of its file and of its path in the URL."""

RUN_PAGES = tuple(name for name in TITLES if name not in (RUNS, NEW))
"""The pages of one run."""


def navigation() -> StreamlitPage:
    """Declare all pages and return the one that the URL names."""
    pages = [
        st.Page(FOLDER / f"{name}.py", title=title, icon=icon, url_path=name, default=name == RUNS)
        for name, (title, icon) in TITLES.items()
    ]
    return st.navigation(pages, position="hidden")


def path_of(name: str) -> str:
    """Return how Streamlit calls the file of a page."""
    return str(FOLDER / f"{name}.py")


def link(name: str, label: str | None = None, **changed: str) -> None:
    """Draw a link to a page that keeps run, filter and chosen trials.

    Args:
        name: of the page.
        label: None for the page's title.
        changed: what its URL says otherwise, such as ``trials="7"``; an empty text leaves a name out.
    """
    _link(name, label, carried(**changed))


def links(run: str | None) -> None:
    """Draw the links to all pages, those of a run only where one is chosen."""
    _link(RUNS, None, {})
    kept = {} if run is None else carried(run=run)  # once: a look at the URL takes 0.2 ms
    for name in RUN_PAGES if run is not None else ():
        _link(name, None, kept)
    _link(NEW, None, kept)


def _link(name: str, label: str | None, query: dict[str, str]) -> None:
    title, icon = TITLES[name]
    st.page_link(path_of(name), label=label or title, icon=icon, query_params=query)
