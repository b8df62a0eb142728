"""`python -m search.vocabulary`: the words that a space may use, with meanings, ranges and published values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from search.console import print_json
from search.display import value_text
from search.plan.glossary import Word, default_text, glossary, names_about
from search.plan.mistake import nearest
from search.plan.vocabulary import Vocabulary
from search.plan.vocabulary_document import write_vocabulary
from search.verb import DONE, UserError, Verb, add_json, main_of

EXAMPLE = """\
example:
  python -m search.vocabulary resnet18          # what stands beside this architecture
  python -m search.vocabulary learning_rate     # where, and with which defaults
  python -m search.vocabulary timm/convnext     # timm's names with these letters
  python -m search.vocabulary --plugins my_models.py
"""

MOST = 6
"""Names that stand behind a default in the list of everything; of more it says how many."""


def parser() -> argparse.ArgumentParser:
    """Return the arguments of this verb."""
    made = argparse.ArgumentParser(
        prog="python -m search.vocabulary",
        description="List the words that a space may use: settings with meanings and defaults, data sets, samplers.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument(
        "about",
        nargs="?",
        default="",
        metavar="WORD",
        help="a setting, a choice such as adamw, or a part of either",
    )
    made.add_argument("--plugins", nargs="+", default=[], metavar="FILE", help="with what these files bring")
    add_json(made)
    return made


def run(arguments: argparse.Namespace) -> int:
    """Do it."""
    # After the arguments are parsed: torch costs seconds that --help should not take.
    from search.tuning.vocabulary import vocabulary  # noqa: PLC0415

    words, about = vocabulary(arguments.plugins), arguments.about
    if arguments.json and about:
        raise UserError(f"--json prints all words: found {about!r} beside it, expected --json alone")
    if arguments.json:
        print_json(event="vocabulary", **write_vocabulary(words))
    elif not show(Console(highlight=False), words, about):
        known = [*words.names(), *(choice for setting in words.settings for choice in setting.choices)]
        hint = nearest(about, known) or "`python -m search.vocabulary` lists them all"
        raise UserError(f"no word of a space has to do with {about!r}: {hint}")
    return DONE


def show(console: Console, words: Vocabulary, about: str) -> bool:
    """Print what a text is about, all where it is empty; return whether there is anything."""
    groups = glossary(words, about=about)
    for group in groups:
        console.print(f"\n[bold]{group.name}[/bold]")
        for one in group.words:
            _print_word(console, group.name, one, most=None if about else MOST)
    names = names_about(words, about) if "/" in about else ()
    if names:
        console.print(Padding(Text(", ".join(names)), (1, 0, 0, 2)))
    if not about:
        _print_parts(console, words)
    return bool(groups or names)


def _print_word(console: Console, group: str, one: Word, *, most: int | None) -> None:
    console.print(Padding(Text(one.name, style="bold"), (0, 0, 0, 2)))
    for meaning in one.meanings:
        defaults = "; ".join(default_text(each, group, most=most) for each in meaning.defaults)
        for text in (meaning.doc, f"{meaning.allowed}; default {defaults}"):
            console.print(Padding(Text(text), (0, 0, 0, 6)))


def _print_parts(console: Console, words: Vocabulary) -> None:
    """Print what stands outside of `space`: data sets, samplers, schedulers."""
    console.print("\n[bold]data.name[/bold]")
    console.print(Padding(Text(", ".join(words.datasets)), (0, 0, 0, 2)))
    for kind, parts in (("sampler", words.samplers), ("scheduler", words.schedulers)):
        console.print(f"\n[bold]{kind}[/bold]")
        for name, settings in parts.items():
            beside = ", ".join(f"{one.name} ({value_text(one.default)})" for one in settings)
            console.print(Padding(Text(f"{name}: {beside}" if beside else name), (0, 0, 0, 2)))


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, return the exit code."""
    return main_of(Verb(parser(), run), argv)


if __name__ == "__main__":
    sys.exit(main())
