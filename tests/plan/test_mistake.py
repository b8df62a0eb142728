"""Mistakes as sentences."""

from __future__ import annotations

import pickle

import pytest

from search.plan.mistake import Mistake, PlanError, SpaceError, nearest, shown, word


def test_a_sentence_says_where_found_expected_and_hint() -> None:
    mistake = Mistake(file="a.yaml", line=3, key="space.lr", found="1", expected="2", hint="did you mean 2?")
    assert str(mistake) == "a.yaml:3: space.lr: found 1, expected 2: did you mean 2?"
    assert str(Mistake(found="1", expected="2")) == "found 1, expected 2"
    assert str(mistake.at("--set seed", None, "seed")) == "--set seed: found 1, expected 2: did you mean 2?"


def test_errors_travel_between_processes_with_all_their_mistakes() -> None:
    error = SpaceError([Mistake(found="1", expected="2"), Mistake(key="b", found="3", expected="4")])
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, PlanError)
    assert again.mistakes == error.mistakes
    assert str(again) == "found 1, expected 2\nb: found 3, expected 4"


def test_the_nearest_word_is_found_whatever_its_case() -> None:
    assert nearest("ResNet18", ["cnn", "resnet18"]) == "did you mean 'resnet18'?"
    assert nearest("zzz", ["cnn"]) == ""


@pytest.mark.parametrize(
    ("found", "right"),
    [
        ("crop", "augmentation.crop"),
        ("resnext", "resnext50_32x4d"),
        ("efficientnet", "efficientnet_b0"),
        ("resnet19", "resnet18"),
        ("re", None),
    ],
)
def test_a_part_of_a_name_is_nearer_than_another_name(found: str, right: str | None) -> None:
    """A family's name is not another family's, and a setting of a group is often written without the group."""
    nets = [
        "resnet18",
        "resnet50",
        "resnext101_32x8d",
        "resnext50_32x4d",
        "efficientnet_v2_s",
        "efficientnet_b0",
    ]
    assert nearest(found, ["crop_size", "augmentation.crop", *nets]) == (
        f"did you mean {right!r}?" if right else ""
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (1.0, "1"),
        (0.1 + 0.2, "0.30000000000000004"),
        ("a", "'a'"),
        ([1], "a list"),
        ({}, "a mapping"),
        ("x" * 99, "'" + "x" * 76 + "..."),
    ],
)
def test_a_value_is_shown_as_yaml_has_it(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_word_in_a_sentence_has_no_quotes() -> None:
    assert (word("sgd"), word(1.0), word(None)) == ("sgd", "1.0", "null")
