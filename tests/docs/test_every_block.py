"""No block of a page is passed over: each says what it is, and a block that nobody runs holds no command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.commands import SHELLS
from tests.docs.pages import MISTAKE, PAGES, Block, blocks, inline_commands, name_of

TEXT = ("", "text", "toml")
"""What is printed, drawn or said, and settings of other programs: not run."""

DIRECTIVE = re.compile(r"\{[a-z-]+\}")
"""What MyST makes something of (`{toctree}`): its own build checks it, tests/docs has nothing to run."""

RUN = (*SHELLS, "yaml", "python", MISTAKE)
PROGRAM = re.compile(r"^(\$ )?(python3? -m|winnow [a-z]+ |ray |pip |make |curl )", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_each_block_says_what_it_is(page: Path) -> None:
    for block in blocks(page):
        language = block.language.split()[0] if block.language else ""
        assert language in (*RUN, *TEXT) or DIRECTIVE.match(language), f"{block}: no rule for {language!r}"
        if language in TEXT:
            assert not PROGRAM.search(block.text), f"{block}: a command in a block that is not run; indent it"


def test_the_reading_of_a_page_finds_every_kind_of_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.docs.pages.REPOSITORY", tmp_path)
    page = tmp_path / "page.md"
    page.write_text(
        "# A\n\n    one\n\n    two\n\nwords\n    no code\n\n```yaml\na: 1\n```\n- b `winnow run --json` c\n\n"
        "    a.yaml:3: x: found y\n\n```\nthree\n```\n"
    )
    assert blocks(page) == [
        Block("page.md", 3, "shell", "one\n\ntwo"),
        Block("page.md", 11, "yaml", "a: 1"),
        Block("page.md", 15, "mistake", "a.yaml:3: x: found y"),
        Block("page.md", 18, "", "three"),
    ]
    assert inline_commands(page) == [Block("page.md", 13, "shell", "winnow run --json")]
