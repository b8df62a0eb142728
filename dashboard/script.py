"""What Streamlit runs for every visit: the pages and which of them is open."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.pages import navigation

# A file of ours: Streamlit fetches named icons for the browser's tab from the internet.
ICON = Path(__file__).with_name("icon.svg")

SIDEBAR = 232
"""Pixels: the longest title fits, and a page of 1280 keeps 1000 for its charts."""

st.set_page_config(page_title="Winnow", page_icon=str(ICON), layout="wide", initial_sidebar_state=SIDEBAR)
page = navigation()
st.title(page.title, anchor=False)
page.run()
