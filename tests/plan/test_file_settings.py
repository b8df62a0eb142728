"""Paths among the settings of a space start at the file that says them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from search.plan.load import load_plan
from search.plan.mistake import PlanError
from search.plan.registry import FilePath, settings_of
from search.plan.vocabulary import Setting, Vocabulary

SPACE = """\
data: digits
start:
  - {weights: here.pt}
space:
  batch_size: 64
  weights: [published, here.pt, /elsewhere.pt]
"""


@pytest.fixture
def words(vocabulary: Vocabulary) -> Vocabulary:
    return replace(vocabulary, settings=(*vocabulary.settings, Setting("weights", "file", "published")))


def test_a_signature_gives_a_file() -> None:
    def part(*, weights: Annotated[str, FilePath("to begin with")] = "published") -> None: ...

    assert settings_of(part) == (Setting("weights", "file", "published", "to begin with"),)


def test_a_relative_path_starts_at_its_file_and_the_word_stays(write: Any, words: Vocabulary) -> None:
    path: Path = write(SPACE, "space.yaml")
    plan = load_plan(path, vocabulary=words)
    own = str(path.parent / "here.pt")
    assert list(plan.space["weights"].domain.values()) == ["published", own, "/elsewhere.pt"]
    assert plan.start == ({"weights": own},)


@pytest.mark.parametrize("written", ["here.pt", "{value: here.pt, when: {batch_size: 64}}"])
def test_each_way_to_write_one_value_is_known(written: str, write: Any, words: Vocabulary) -> None:
    text = f"data: digits\nspace:\n  batch_size: [64, 128]\n  weights: {written}\n"
    path: Path = write(text, "space.yaml")
    plan = load_plan(path, vocabulary=words)
    assert list(plan.space["weights"].domain.values()) == [str(path.parent / "here.pt")]


def test_a_path_of_the_command_line_starts_where_the_command_was_given(
    write: Any, words: Vocabulary, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = write(SPACE.replace("start:\n  - {weights: here.pt}\n", ""), "space.yaml")
    monkeypatch.chdir(tmp_path / "elsewhere")
    plan = load_plan(path, vocabulary=words, overrides=["space.weights=mine.pt"])
    assert list(plan.space["weights"].domain.values()) == [str(tmp_path / "elsewhere" / "mine.pt")]


@pytest.mark.parametrize("written", ["1", "{low: 0, high: 1}", '""', "[published, true]"])
def test_what_is_no_path_is_a_mistake(written: str, write: Any, words: Vocabulary) -> None:
    path = write(f"data: digits\nspace:\n  batch_size: 64\n  weights: {written}\n", "space.yaml")
    with pytest.raises(PlanError, match=r"space\.yaml:4: .*expected published or the path of a file"):
        load_plan(path, vocabulary=words)
