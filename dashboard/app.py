"""The server: Streamlit's, behind the gate. `python -m dashboard` and `streamlit run dashboard/app.py` begin it."""

from __future__ import annotations

import sys
from pathlib import Path

from starlette.middleware import Middleware
from streamlit.starlette import App

if __name__ != "dashboard.app":
    # `streamlit run` imports this file by its stem, with nothing but its folder on the path.
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dashboard.gate import Gate
from dashboard.serving import access, serving, take_over

if __name__ != "dashboard.app":
    take_over()

app = App(
    Path(__file__).resolve().with_name("script.py"),
    lifespan=serving,
    middleware=[Middleware(Gate, access=access)],
)
