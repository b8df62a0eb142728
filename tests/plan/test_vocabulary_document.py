"""A vocabulary travels as JSON and comes back equal."""

from __future__ import annotations

import json

import pytest

from search.plan.vocabulary import Setting, Vocabulary
from search.plan.vocabulary_document import read_vocabulary, write_vocabulary
from search.tuning.vocabulary import vocabulary


def test_all_words_of_winnow_come_back_equal() -> None:
    words = vocabulary()
    assert read_vocabulary(json.loads(json.dumps(write_vocabulary(words)))) == words


def test_every_kind_of_value_comes_back_with_its_type() -> None:
    settings = (
        Setting("a", "choice", None, choices=(None, True, 1, 1.0, "x")),
        Setting("b", "float", 1.0, "said", low=0.0, high=None, applies={"a": ("x", "y")}),
    )
    words = Vocabulary(settings, ("digits",), samplers={"one": settings}, schedulers={"two": ()})
    found = read_vocabulary(json.loads(json.dumps(write_vocabulary(words))))
    assert found == words
    assert [type(value) for value in found.settings[0].choices] == [type(None), bool, int, float, str]


@pytest.mark.parametrize(
    "document", [{}, {"settings": [{}], "datasets": [], "samplers": {}, "schedulers": {}}]
)
def test_what_is_no_vocabulary_is_an_error(document: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        read_vocabulary(document)
