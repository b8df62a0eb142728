"""What is printed to be copied into a shell is read by a shell as what was meant."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from search.plan.command import command

WORDS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))


@given(WORDS)
def test_a_shell_reads_the_words_that_were_given(words: list[str]) -> None:
    assert shlex.split(command("resume", *words)) == ["python", "-m", "search.resume", *words]
