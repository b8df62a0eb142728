"""The formats that a model can be exported in, asked of the verb once: which there are, and what each is missing."""

from __future__ import annotations

import functools
from dataclasses import dataclass

from dashboard import jobs

JOB = "formats"
USUAL = ("safetensors", "onnx", "torch_export")
"""Chosen at first, where their packages are installed."""


@dataclass(frozen=True)
class Format:
    """A format: its files, what it is for, and which package it lacks here (empty: none)."""

    name: str
    files: tuple[str, ...]
    about: str
    package: str = ""


def known_formats() -> tuple[Format, ...] | None:
    """Return the formats; None until the verb has answered, which takes a second, and where it has failed.

    Raises:
        OSError: the verb cannot be started.
    """
    asked = jobs.job(JOB) or jobs.start(JOB, jobs.verb("search.export", "--list"))
    return None if asked.running else _read(asked)


def waits() -> bool:
    """Tell whether the verb has not answered yet."""
    return jobs.busy(JOB)


@functools.lru_cache(maxsize=1)
def _read(asked: jobs.Job) -> tuple[Format, ...] | None:
    found = [line for line in asked.lines if line.get("event") == "format" and isinstance(line["name"], str)]
    if not found:
        return None
    return tuple(
        Format(
            line["name"],
            tuple(map(str, line.get("files") or ())),
            str(line.get("about", "")),
            str(line.get("package") or ""),
        )
        for line in found
    )
