"""Each YAML block of the pages is a space, or a part of one, that the reader of spaces takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.plan.plan import PlanError, load_plan, plan_plugins
from search.tuning.vocabulary import vocabulary
from tests.docs.pages import MISTAKE, PAGES, Block, blocks
from tests.docs.programs import write_parts
from tests.docs.spaces import documents, named, whole

SPACES = [block for page in PAGES for block in blocks(page) if block.language == "yaml"]
MISTAKES = [block for page in PAGES for block in blocks(page) if block.language == MISTAKE]


@pytest.mark.usefixtures("registries")
@pytest.mark.parametrize("block", SPACES, ids=str)
def test_it_is_a_space(block: Block, tmp_path: Path) -> None:
    write_parts(block.page, tmp_path)
    for path in named(block, tmp_path):
        load_plan(path, vocabulary=vocabulary(plan_plugins(path)))


@pytest.mark.parametrize("block", MISTAKES, ids=str)
def test_a_mistake_is_told_as_it_is_shown(
    block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence of a page is about `learning_rte` in a line of its own: it is written there and read."""
    monkeypatch.chdir(tmp_path)
    file, line, place = block.text.split(":")[:3]
    key = place.strip().removeprefix("space.")
    text = whole("space:\n  architecture: cnn\n" + "\n" * (int(line) - 3) + f"  {key}: 0.1\n")
    Path(file).write_text(text, encoding="utf-8")
    with pytest.raises(PlanError) as error:
        load_plan(file, vocabulary=vocabulary())
    assert [str(mistake) for mistake in error.value.mistakes] == [block.text]


def test_what_stands_twice_is_a_choice_and_the_rest_is_filled_in() -> None:
    """The oracle of the reading above: a fragment of settings, two choices, two parts."""
    block = Block("page", 1, "yaml", "crop: 1\ncrop: 2\n\nbudget: {trials: 3}\nseed: 1\n")
    assert documents(block) == [
        "space:\n  crop: 1\ndata: digits\n",
        "space:\n  crop: 2\ndata: digits\n",
        "budget: {trials: 3}\nseed: 1\ndata: digits\nspace:\n  architecture: cnn\n",
    ]
