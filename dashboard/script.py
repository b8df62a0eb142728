"""What Streamlit runs for every visit: the pages and which of them is open."""

from __future__ import annotations

import streamlit as st

from dashboard.pages import navigation

st.set_page_config(page_title="Winnow", page_icon=":material/filter_alt:", layout="wide")
navigation().run()
