"""`python -m search.vocabulary`: the words that a space may use, with ranges and published values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from search.console import print_json
from search.display import value_text
from search.plan.vocabulary import Setting, Vocabulary
from search.plan.vocabulary_document import write_vocabulary
from search.verb import DONE, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.vocabulary --json
  python -m search.vocabulary --plugins my_models.py
"""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.vocabulary",
        description="List the words that a space may use: settings with ranges and defaults, data sets, samplers.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--plugins", nargs="+", default=[], metavar="FILE", help="with what these files bring")
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    # After the arguments are parsed: torch costs seconds that --help should not take.
    from search.tuning.vocabulary import vocabulary  # noqa: PLC0415

    words = vocabulary(arguments.plugins)
    if arguments.json:
        print_json(event="vocabulary", **write_vocabulary(words))
    else:
        show(Console(highlight=False), words)
    return DONE


def show(console: Console, words: Vocabulary) -> None:
    """Print a vocabulary for a person."""
    console.print("data sets: " + ", ".join(words.datasets), markup=False)
    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("setting", "default"):
        table.add_column(column, no_wrap=True)
    for column in ("what it may be", "where it applies"):
        table.add_column(column, overflow="fold")
    for setting in words.settings:
        where = "; ".join(
            f"{name}: {', '.join(map(value_text, values))}" for name, values in setting.applies.items()
        )
        table.add_row(setting.name, value_text(setting.default), allowed(setting), where)
    console.print(table)
    for kind, parts in (("sampler", words.samplers), ("scheduler", words.schedulers)):
        for name, settings in parts.items():
            beside = ", ".join(f"{one.name} ({value_text(one.default)})" for one in settings)
            console.print(f"{kind} {name}" + (f": {beside}" if beside else ""), markup=False)


def allowed(setting: Setting) -> str:
    """Return what a setting may be, in words."""
    if setting.kind == "choice":
        patterns = [namespace.pattern for namespace in setting.namespaces]
        return ", ".join([*map(value_text, setting.choices), *patterns])
    if setting.kind == "file":
        return f"{value_text(setting.default)} or the path of a file"
    noun = {"bool": "true or false", "int": "a whole number", "float": "a number"}[setting.kind]
    return f"{noun} {setting.range_text()}".strip()


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
