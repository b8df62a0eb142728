"""What is measured of the files: lengths, public docs, errors, imports; each figure with its worst offenders.

A length is a number of lines. A function's counts from its ``def`` to its end, without the docstring, since a complete
docstring is asked for; a nested function counts in the one around it.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.style.sources import Source, definitions, docstring_lines

SILENT = {"AssertionError", "GeneratorExit", "KeyboardInterrupt", "NotImplementedError", "StopIteration"}
"""Exceptions that steer the flow, or say that a line of our own is wrong; no user reads them."""


@dataclass(frozen=True)
class Counted:
    """How long or how deep something is, and where: ``search/run.py:12 main``."""

    lines: int
    where: str


@dataclass(frozen=True)
class Share:
    """How many of a number of things are as they should be, and where those are that are not."""

    good: int
    offenders: tuple[str, ...]

    @property
    def percent(self) -> float:
        """The share of the good ones in per cent; 100 where there is nothing."""
        total = self.good + len(self.offenders)
        return 100.0 * self.good / total if total else 100.0


def files(found: Sequence[Source]) -> list[Counted]:
    """Return each file's number of lines, the longest first."""
    return _longest_first([Counted(source.lines, str(source.path)) for source in found])


def functions(found: Sequence[Source], *, docstrings: bool = False) -> list[Counted]:
    """Return each function's and method's number of lines, the longest first.

    Args:
        found: the files.
        docstrings: whether docstrings count, as they do in the other rows of the house's table.
    """
    return _longest_first(
        [
            Counted(_lines(node, docstrings=docstrings), f"{source.at(node)} {name}")
            for source in found
            for name, node in definitions(source)
            if not isinstance(node, ast.ClassDef)
        ]
    )


def quantiles(lengths: Sequence[Counted]) -> tuple[int, int, int]:
    """Return median, 90th percentile and greatest of at least one length; each is one that occurs (nearest rank)."""
    ordered = sorted(length.lines for length in lengths)
    middle, ninth = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.9))
    return middle, ninth, ordered[-1]


def public_docs(found: Sequence[Source]) -> Share:
    """Return which modules, public classes, functions and methods have a docstring.

    Private is whatever has a part of its name that begins with an underscore, and so are ``__init__`` and its like:
    the class says it. Of a property's accessors and a function's overloads the first one speaks for all.
    """
    good, offenders = 0, []
    for source in found:
        spoken = set()
        named = [(source.module, source.tree, f"{source.path}:1"), *_public(source)]
        for name, node, where in named:
            if ast.get_docstring(node):
                good += 1
                spoken.add(name)
            elif name not in spoken:
                offenders.append(f"{where} {name}")
    return Share(good, tuple(offenders))


def errors(found: Sequence[Source]) -> Share:
    """Return which errors name a value.

    An error is a ``raise`` of a class, called or not. It names a value where any part of what it is called with is no
    literal: a variable, a call, a part of an f-string. What is raised again (``raise``, ``raise error``) does not
    count, nor what only steers: `SILENT`, and a class of our own that is raised without a word, for who catches it.
    """
    good, offenders = 0, []
    for source in found:
        for node in ast.walk(source.tree):
            if not isinstance(node, ast.Raise) or not _speaks(node.exc):
                continue
            if _names_a_value(node.exc):
                good += 1
            else:
                offenders.append(f"{source.at(node)} {ast.unparse(node)[:80]}")
    return Share(good, tuple(offenders))


def _longest_first(lengths: list[Counted]) -> list[Counted]:
    return sorted(lengths, key=lambda length: (-length.lines, length.where))


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef, *, docstrings: bool) -> int:
    whole = (node.end_lineno or node.lineno) - node.lineno + 1
    return whole if docstrings else whole - docstring_lines(node.body)


def _public(source: Source) -> list[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef, str]]:
    return [
        (name, node, source.at(node))
        for name, node in definitions(source)
        if not any(part.startswith("_") for part in name.split("."))
    ]


def _speaks(raised: ast.expr | None) -> bool:
    called = raised.func if isinstance(raised, ast.Call) else raised
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
    told = isinstance(raised, ast.Call) or hasattr(builtins, name)
    return told and name[:1].isupper() and name not in SILENT


def _names_a_value(raised: ast.expr | None) -> bool:
    if not isinstance(raised, ast.Call):
        return False
    said = [*raised.args, *(keyword.value for keyword in raised.keywords)]
    parts = (part for argument in said for part in ast.walk(argument))
    return any(isinstance(part, ast.Name | ast.Attribute | ast.Call | ast.FormattedValue) for part in parts)
