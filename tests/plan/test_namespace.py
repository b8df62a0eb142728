"""Choices under a prefix: legal as if they were listed, named in errors by their prefix and their nearest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from search.plan.domain import Choice
from search.plan.load import load_plan
from search.plan.mistake import PlanError
from search.plan.vocabulary import Namespace, Setting, Vocabulary
from search.plan.vocabulary_document import read_vocabulary, write_vocabulary

ZOO = Namespace("zoo/", ("zoo/ape", "zoo/bear", "zoo/camel"), "a zoo: `pip install zoo`")
ALL = "cnn, lenet5, resnet18, resnet101, zoo/*"


@pytest.fixture
def words(vocabulary: Vocabulary) -> Vocabulary:
    """The small recipe, in which an architecture may also come from the zoo and then has a setting `fur`."""
    architecture, *others = vocabulary.settings
    fur = Setting("fur", "float", 0.5, low=0, high=1, applies={"architecture": ("lenet5", ZOO.pattern)})
    return replace(vocabulary, settings=(replace(architecture, namespaces=(ZOO,)), *others, fur))


def refused(path: Any, words: Vocabulary) -> str:
    with pytest.raises(PlanError) as caught:
        load_plan(path, vocabulary=words)
    (mistake,) = caught.value.mistakes
    return str(replace(mistake, file="", line=None))


def space(write: Any, lines: str) -> Any:
    return write(f"data: digits\nspace: {{{lines}}}\n")


def test_a_name_under_the_prefix_is_a_choice_with_its_settings(write: Any, words: Vocabulary) -> None:
    plan = load_plan(
        space(write, "architecture: [zoo/ape, lenet5], fur: {low: 0.0, high: 1.0}"), vocabulary=words
    )
    assert plan.space["architecture"].domain == Choice(["zoo/ape", "lenet5"])
    assert words.complete({"architecture": "zoo/ape"})["fur"] == 0.5
    assert "fur" not in words.complete({"architecture": "cnn"})


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ("architecture: zoo/bare", "found 'zoo/bare', expected one of the 3 names of zoo/*: did you mean 'zoo/bear'?"),
        ("architecture: lenet", f"found 'lenet', expected one of {ALL}: did you mean 'lenet5'?"),
        ("architecture: garden/ape", f"found 'garden/ape', expected one of {ALL}"),
    ],
)  # fmt: skip
def test_a_wrong_name_is_told_the_nearest(write: Any, words: Vocabulary, lines: str, sentence: str) -> None:
    assert refused(space(write, lines), words) == f"space.architecture: {sentence}"


def test_a_setting_that_nothing_uses_names_the_prefix(write: Any, words: Vocabulary) -> None:
    assert refused(space(write, "architecture: cnn, fur: [0.1, 0.2]"), words) == (
        "space.fur: found a setting that nothing here uses, expected it only with architecture lenet5 or zoo/*"
    )


def test_where_the_library_is_missing_its_names_say_what_brings_it(write: Any, words: Vocabulary) -> None:
    architecture = replace(words.settings[0], namespaces=(replace(ZOO, names=()),))
    closed = replace(words, settings=(architecture, *words.settings[1:]))
    assert refused(space(write, "architecture: zoo/ape"), closed) == (
        "space.architecture: found 'zoo/ape', expected a zoo: `pip install zoo`"
    )


def test_another_process_reads_the_same_words(words: Vocabulary) -> None:
    assert read_vocabulary(write_vocabulary(words)) == words
