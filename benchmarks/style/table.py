"""The row of the house's table, the row where it should be, the worst offenders, and which hard rules are broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.style import figures, imports
from benchmarks.style.figures import Counted, Share
from benchmarks.style.sources import Source

LONGEST_FILE, LONGEST_FUNCTION = 400, 60
COLUMNS = ("", "files", "functions", "public docs", "errors naming a value", "largest cycle", "tests : code")
AIM = (
    "where we want to live", "120/300/400", "8/25/60", "100 %", "90 %", "0", "about 1",
)  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """All figures of some code and its tests.

    Attributes:
        files: lengths of the files, the longest first.
        functions: lengths of the functions without their docstrings, the longest first.
        documented: the same with them.
        docs: which public names have a docstring.
        errors: which errors name a value.
        cycle: the modules of the largest cycle of imports.
        late: imports of our own modules inside of functions.
        needless: those of them that keep no package of others out.
        tests: lines of tests for each line of code.
    """

    files: list[Counted]
    functions: list[Counted]
    documented: list[Counted]
    docs: Share
    errors: Share
    cycle: list[str]
    late: list[str]
    needless: list[str]
    tests: float


def measure(code: Sequence[Source], tests: Sequence[Source]) -> Measured:
    """Measure some code, which has at least one function, and its tests."""
    lines = sum(source.lines for source in code)
    return Measured(
        files=figures.files(code),
        functions=figures.functions(code),
        documented=figures.functions(code, docstrings=True),
        docs=figures.public_docs(code),
        errors=figures.errors(code),
        cycle=imports.largest_cycle(code),
        late=imports.late_imports(code),
        needless=imports.needless_imports(code),
        tests=sum(source.lines for source in tests) / lines,
    )


def rows(found: Measured) -> list[tuple[str, ...]]:
    """Return the table: what was found, the same with docstrings counted, and the aim."""
    length, plain, documented = (
        "/".join(map(str, figures.quantiles(lengths)))
        for lengths in (found.files, found.functions, found.documented)
    )
    shares = (f"{found.docs.percent:.0f} %", f"{found.errors.percent:.0f} %")
    ours = ("this code", length, plain, *shares, str(len(found.cycle)), f"{found.tests:.2f}")
    return [ours, ("with docstrings", "", documented, "", "", "", ""), AIM]


def offenders(found: Measured, *, most: int) -> dict[str, list[str]]:
    """Return the worst of each figure, by the figure's name.

    Args:
        found: what was measured.
        most: of one figure at most.
    """
    worst = {
        "longest files": [f"{it.lines:4} {it.where}" for it in found.files],
        "longest functions": [f"{it.lines:4} {it.where}" for it in found.functions],
        "public names without a docstring": list(found.docs.offenders),
        "errors without a value": list(found.errors.offenders),
        "modules of the largest cycle": found.cycle,
        f"late imports of our own modules ({len(found.late)})": found.late,
    }
    return {name: lines[:most] for name, lines in worst.items() if lines}


def broken(found: Measured) -> list[str]:
    """Return each hard rule that is broken, one sentence each."""
    long_files = [it for it in found.files if it.lines > LONGEST_FILE]
    long_functions = [it for it in found.functions if it.lines > LONGEST_FUNCTION]
    said = [f"{it.where}: {it.lines} lines; a file has {LONGEST_FILE} at most" for it in long_files]
    said += [
        f"{it.where}: {it.lines} lines; a function has {LONGEST_FUNCTION} at most" for it in long_functions
    ]
    said += [f"{where}: a public name needs a docstring" for where in found.docs.offenders]
    said += [f"{where}: imported late, but keeps no other package out" for where in found.needless]
    if found.cycle:
        said.append(f"{', '.join(found.cycle)}: these import each other; a noun is missing lower down")
    return said
