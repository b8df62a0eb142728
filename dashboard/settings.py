"""Streamlit's settings: `.streamlit/config.toml` beside this file, made binding."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from dashboard.access import Access

FILE = Path(__file__).parent / ".streamlit" / "config.toml"

CHOSEN = ("server.address", "server.port")
"""What the command line of `streamlit run` has decided before a line of ours runs: the socket is open by then."""


def settings(access: Access, *, port: int) -> dict[str, Any]:
    """Return all settings as Streamlit's dotted options.

    Args:
        access: says where to listen, and what names a WebSocket may ask for.
        port: to listen on; 0 takes any.
    """
    fixed = dict(_dotted(tomllib.loads(FILE.read_text(encoding="utf-8"))))
    return {
        **fixed,
        "server.address": access.address,
        "server.allowedHosts": list(access.hosts),
        "server.headless": True,  # the browser is opened by dashboard/serving.py
        "server.port": port,
    }


def _dotted(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
