"""Streamlit's settings: `.streamlit/config.toml` beside this file, made binding."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ADDRESS = "127.0.0.1"
HOSTS = ("127.0.0.1", "localhost")
"""What a browser on this machine calls us; any other Host is a page elsewhere that had its name point here."""

FILE = Path(__file__).parent / ".streamlit" / "config.toml"


def settings(*, port: int, browser: bool) -> dict[str, Any]:
    """Return all settings as Streamlit's dotted options.

    Args:
        port: to listen on; 0 takes any.
        browser: open one, where this machine has a display.
    """
    fixed = dict(_dotted(tomllib.loads(FILE.read_text(encoding="utf-8"))))
    shown = {} if browser else {"server.headless": True}
    return {**fixed, **shown, "server.port": port}


def _dotted(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
