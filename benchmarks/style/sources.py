"""The Python files of some packages, parsed: what the table of the house style is measured on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Definition = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file: its path, the name by which it is imported, its number of lines, what it says."""

    path: Path
    module: str
    lines: int
    tree: ast.Module

    def at(self, node: ast.stmt) -> str:
        """Return where a statement stands, as an editor opens it: ``search/run.py:12``."""
        return f"{self.path}:{node.lineno}"


def sources(folder: Path) -> list[Source]:
    """Return all Python files below a folder, by path.

    Args:
        folder: of a package, or of tests; its name is the first part of the modules' names.
    """
    return [_read(path, folder) for path in sorted(folder.rglob("*.py"))]


def definitions(source: Source) -> Iterator[tuple[str, Definition]]:
    """Yield the classes, functions and methods of a file, each with its dotted name; none inside of a function."""
    yield from _inside(source.tree, "")


def docstring_lines(body: list[ast.stmt]) -> int:
    """Return how many lines the docstring of a body takes; 0 where it has none."""
    first = body[0]
    docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    if not docstring or not isinstance(first.value.value, str):
        return 0
    return (first.end_lineno or first.lineno) - first.lineno + 1


def _read(path: Path, folder: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    parts = (folder.name, *path.relative_to(folder).with_suffix("").parts)
    module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Source(path, module, len(text.splitlines()), ast.parse(text, str(path)))


def _inside(scope: ast.Module | ast.ClassDef, prefix: str) -> Iterator[tuple[str, Definition]]:
    for node in scope.body:
        if isinstance(node, Definition):
            yield prefix + node.name, node
        if isinstance(node, ast.ClassDef):
            yield from _inside(node, f"{prefix}{node.name}.")
