"""``python -m benchmarks.style`` measures the house's style table on the code and says which hard rules are broken.

The table and its aims: "Measured on those codebases" in the house style; how each figure is counted: `figures`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.style.sources import sources
from benchmarks.style.table import COLUMNS, broken, measure, offenders, rows


def main(words: list[str] | None = None) -> int:
    """Print the table and the worst offenders; return 1 where a hard rule is broken, else 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.style", description=__doc__)
    parser.add_argument("packages", nargs="*", type=Path, default=[Path("search"), Path("dashboard")])
    parser.add_argument("--tests", type=Path, default=Path("tests"), help="the folder of the tests")
    parser.add_argument("--most", type=int, default=5, help="offenders of each figure that are shown")
    given = parser.parse_args(words)
    code = [source for package in given.packages for source in sources(package)]
    found = measure(code, sources(given.tests))
    print("| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|", sep="\n")
    for row in rows(found):
        print("| " + " | ".join(row) + " |")
    for name, lines in offenders(found, most=given.most).items():
        print(f"\n{name}:", *lines, sep="\n  ")
    rules = broken(found)
    for rule in rules:
        print(f"error: {rule}", file=sys.stderr)
    return 1 if rules else 0


if __name__ == "__main__":
    sys.exit(main())
