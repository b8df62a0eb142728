"""A vocabulary as JSON: for a process that knows no torch, and for programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from search.plan.vocabulary import Namespace, Setting, Vocabulary

PARTS = ("samplers", "schedulers")


def write_vocabulary(words: Vocabulary) -> dict[str, Any]:
    """Return a vocabulary as plain data, from which `read_vocabulary` makes an equal one."""
    parts = {part: {n: list(map(asdict, of)) for n, of in getattr(words, part).items()} for part in PARTS}
    return {"settings": list(map(asdict, words.settings)), "datasets": list(words.datasets), **parts}


def read_vocabulary(document: Mapping[str, Any]) -> Vocabulary:
    """Return the vocabulary that a document holds.

    Raises:
        KeyError: a section is missing.
        TypeError: a setting lacks a field, or has one that is not known.
    """
    parts = {part: {name: tuple(map(_setting, of)) for name, of in document[part].items()} for part in PARTS}
    return Vocabulary(tuple(map(_setting, document["settings"])), tuple(document["datasets"]), **parts)


def _setting(document: Mapping[str, Any]) -> Setting:
    applies = {selector: tuple(names) for selector, names in document["applies"].items()}
    namespaces = tuple(Namespace(**{**one, "names": tuple(one["names"])}) for one in document["namespaces"])
    choices = tuple(document["choices"])
    return Setting(**{**document, "choices": choices, "applies": applies, "namespaces": namespaces})
