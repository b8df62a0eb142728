"""The headers of every answer: what a browser must not do with the dashboard's pages.

Sources: OWASP HTTP Headers Cheat Sheet; Content Security Policy Level 3.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import streamlit


def inline_scripts() -> list[str]:
    """Return the hashes of the scripts that stand in Streamlit's own page, as a policy names them."""
    page = Path(streamlit.__file__).with_name("static") / "index.html"
    scripts = re.findall(r"<script>(.*?)</script>", page.read_text(encoding="utf-8"), re.DOTALL)
    digests = (hashlib.sha256(script.encode("utf-8")).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


POLICY = {
    "default-src": ["'self'"],
    "script-src": ["'self'", "blob:", *inline_scripts()],
    "style-src": ["'self'", "'unsafe-inline'"],  # Streamlit's styles are made in the page
    "img-src": ["'self'", "data:", "blob:"],
    "font-src": ["'self'", "data:"],
    "media-src": ["'self'", "blob:"],
    "worker-src": ["'self'", "blob:"],
    "connect-src": ["'self'"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
"""Nothing is fetched from, sent to or framed by another site, whatever a log file makes a page say. ``blob:`` in
``script-src``: Streamlit loads the script of a component of ours that way."""

SECURITY: Mapping[str, str] = {
    "content-security-policy": "; ".join(f"{name} {' '.join(of)}" for name, of in POLICY.items()),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # No other site learns an address either way; after `no-referrer` Chromium sends our own form without an Origin.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
