"""What a space may say, in Markdown: a section for each group of words, or what a text is about."""

from __future__ import annotations

from collections.abc import Iterable

from dashboard.prepare.words import plain
from search.plan.glossary import Group, Meaning, Word, choices_of, default_text, glossary, names_about
from search.plan.space import Space
from search.plan.vocabulary import Vocabulary

MOST_NAMES = 60
"""Names of a library that are shown at once; timm has more than a thousand."""

MOST_CHOICES = 8
"""Names behind a default; of more it says how many."""


def sections(words: Vocabulary, *, about: str = "", space: Space | None = None) -> dict[str, str]:
    """Return the words of each group as Markdown.

    Args:
        words: all settings.
        about: what is looked for, in all words; where it is empty those count that the space's choices use.
        space: None where it is not known: then all words count.
    """
    choices = None if about or space is None else choices_of(space, words)
    found = {group.name: _section(group) for group in glossary(words, about=about, choices=choices)}
    names = names_about(words, about) if "/" in about else ()
    return {**found, "names": _names(names)} if names else found


def _section(group: Group) -> str:
    return "\n\n".join(_entry(word, group.name) for word in group.words)


def _entry(word: Word, group: str) -> str:
    """Return a word with its meanings, a line each; two spaces at the end break a line."""
    lines = (line for meaning in word.meanings for line in _lines(meaning, group))
    return "  \n".join([f"**{plain(word.name)}**", *lines])


def _lines(meaning: Meaning, group: str) -> Iterable[str]:
    if meaning.doc:
        yield plain(meaning.doc)
    defaults = "; ".join(default_text(one, group, most=MOST_CHOICES) for one in meaning.defaults)
    yield f":small[:gray[{plain(meaning.allowed)}; default {plain(defaults)}]]"


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - MOST_NAMES
    said = ", ".join(names[:MOST_NAMES]) + (f", and {more:,} more" if more > 0 else "")
    return plain(said)
