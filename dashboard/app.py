"""The server: Streamlit's, behind a check of the Host header.

A page anywhere can have its own name point to 127.0.0.1 (DNS rebinding) and would then read the dashboard as its
own; Streamlit 1.67 checks the Host of WebSockets only, so Starlette's middleware stands before everything.
"""

from __future__ import annotations

from pathlib import Path

from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from streamlit.starlette import App

from dashboard.settings import HOSTS

app = App(
    Path(__file__).with_name("script.py"),
    middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS), www_redirect=False)],
)
