"""Storage URLs as text: what of them may be written down or shown. Without Optuna, which takes a second to load."""

from __future__ import annotations

import re

from search.runs.errors import StudyError

VARIABLE = "WINNOW_STORAGE"
"""The environment variable that holds a storage URL with its password: a command line is read by everybody who may list
processes, and by Ray, which keeps that of a job."""

IN_QUERY = re.compile(r"(?i)([?&])(?:(?:ssl)?passw(?:or)?d=[^&\s]*(?:&|(?=\s|$)))+")
"""Passwords among the options of a URL, as PostgreSQL's and MySQL's drivers take them (also that of a key's file)."""


def without_password(url: str) -> str:
    """Return a storage URL, or a text with one, that may be written down or shown."""
    url = re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1@", url)
    return IN_QUERY.sub(lambda found: found[1] if found[0].endswith("&") else "", url)


def storage_words(url: str | None) -> list[str]:
    """Return the arguments that name a storage to another verb, without its password; none where there is none."""
    return ["--storage", without_password(url)] if url else []


def refuse_password(url: str | None) -> None:
    """Refuse a storage URL with a password where it would stand on a command line of another machine.

    Raises:
        StudyError: it has one.
    """
    if url is not None and without_password(url) != url:
        raise StudyError(
            f"--storage {without_password(url)}: a URL without its password is expected on a cluster, since all who "
            f"may list its processes or jobs read it there: set {VARIABLE} on the head instead, in ~/.bashrc before "
            "`ray start`"
        )
