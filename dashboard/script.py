"""What Streamlit runs for every visit: the pages and which of them is open."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.pages import navigation

# A file of ours: Streamlit fetches named icons for the browser's tab from the internet.
ICON = Path(__file__).with_name("icon.svg")

st.set_page_config(page_title="Winnow", page_icon=str(ICON), layout="wide")
navigation().run()
