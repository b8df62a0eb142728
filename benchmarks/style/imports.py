"""Who imports whom, read off the files: the largest cycle, and imports of our own modules inside of functions.

In a cycle imports for the type checker alone and those inside of functions count as any other: what needs to know each
other is a cycle, whenever it is loaded.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from benchmarks.style.sources import Source

Import = ast.Import | ast.ImportFrom


def largest_cycle(found: Sequence[Source]) -> list[str]:
    """Return the modules of the largest cycle of imports, by name; none where there is no cycle.

    Args:
        found: all files of the packages; what they import from elsewhere is left out.
    """
    modules = sorted(source.module for source in found)
    place = {module: index for index, module in enumerate(modules)}
    edges = {(place[source.module], place[name]) for source in found for name in _imported(source, place)}
    if not edges:
        return []
    rows, columns = zip(*sorted(edges), strict=True)
    graph = csr_array((np.ones(len(edges)), (rows, columns)), shape=(len(modules), len(modules)))
    _, labels = connected_components(graph, connection="strong")
    members = np.flatnonzero(labels == np.argmax(np.bincount(labels)))
    return [modules[index] for index in members] if len(members) > 1 else []


def late_imports(found: Sequence[Source]) -> list[str]:
    """Return where a function imports a module of these packages: ``search/run.py:12 from search.runs import …``."""
    modules = {source.module for source in found}
    return [
        f"{source.at(node)} {ast.unparse(node)}"
        for source in found
        for node in _in_functions(source)
        if any(name in modules for name in _targets(node, source, modules))
    ]


def needless_imports(found: Sequence[Source]) -> list[str]:
    """Return the late imports of our own modules that keep no package of others out of a process, as `late_imports`.

    What a late import is for: the module behind it loads torch, or another package that takes seconds, and the file
    that asks for it loads none of that by itself.
    """
    modules = {source.module: source for source in found}
    loaded = {name: set(_at_once(source, modules)) for name, source in modules.items()}
    return [
        f"{source.at(node)} {ast.unparse(node)}"
        for source in found
        for node in _in_functions(source)
        for name in _targets(node, source, modules.keys())
        if name in modules and not _packages(name, loaded) - _packages(source.module, loaded)
    ]


def _at_once(source: Source, modules: Mapping[str, Source]) -> Iterator[str]:
    """Yield what is imported as soon as a file is: its package's modules, and packages of others by their names."""
    yield from (name for name in _above(source.module) if name in modules)
    late = set(_in_functions(source))
    checked = (
        n for n in ast.walk(source.tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)
    )
    late.update(node for check in checked for node in ast.walk(check) if isinstance(node, Import))
    for node in ast.walk(source.tree):
        if isinstance(node, Import) and node not in late:
            for name in _targets(node, source, modules.keys()):
                yield name if name in modules else name.partition(".")[0]


def _above(module: str) -> Iterator[str]:
    parts = module.split(".")
    yield from (".".join(parts[:depth]) for depth in range(1, len(parts)))


def _packages(module: str, loaded: Mapping[str, set[str]]) -> set[str]:
    """Return the packages of others that are loaded with a module."""
    known, due = {module}, [module]
    while due:
        new = loaded.get(due.pop(), set()) - known
        known |= new
        due += new
    return {name for name in known - loaded.keys() if name not in sys.stdlib_module_names}


def _imported(source: Source, modules: dict[str, int]) -> set[str]:
    named = {
        name
        for node in ast.walk(source.tree)
        if isinstance(node, Import)
        for name in _targets(node, source, modules.keys())
    }
    return named & modules.keys() - {source.module}


def _targets(node: Import, source: Source, modules: Set[str]) -> Iterator[str]:
    """Yield what a statement asks for: of ``from a import b`` it is ``a.b`` where that is a module, else ``a``."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    home = _home(node, source)
    for alias in node.names:
        inner = f"{home}.{alias.name}"
        yield inner if inner in modules else home


def _home(node: ast.ImportFrom, source: Source) -> str:
    if not node.level:
        return node.module or ""
    above = node.level - (source.path.name == "__init__.py")
    package = source.module.split(".")[: -above or None]
    return ".".join([*package, *([node.module] if node.module else [])])


def _in_functions(source: Source) -> Iterator[Import]:
    functions = (n for n in ast.walk(source.tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    inside = {node for function in functions for node in ast.walk(function) if isinstance(node, Import)}
    yield from sorted(inside, key=lambda node: node.lineno)
