"""What Streamlit runs for every visit: the pages and which of them is open."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.pages import navigation

# A file of ours: Streamlit fetches named icons for the browser's tab from the internet.
ICON = Path(__file__).with_name("icon.svg")

SIDEBAR = 232
"""Pixels: the longest title fits, and a page of 1280 keeps 1000 for its charts."""

STYLE = """<style>
@media (min-width: 768px) {[data-testid=stMainBlockContainer] {padding-inline: 2.5rem}}
[data-testid=stPageLink-NavLink]:focus-visible {outline: 2px solid #0072B2; outline-offset: -2px}
</style>"""
"""What Streamlit has no setting for: it leaves 160 of 1280 pixels empty beside a page, where tables need them, and a
link to a page does not show that the keyboard is on it."""

st.set_page_config(page_title="Winnow", page_icon=str(ICON), layout="wide", initial_sidebar_state=SIDEBAR)
st.html(STYLE)
page = navigation()
st.title(page.title, anchor=False)
page.run()
