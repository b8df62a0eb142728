"""Settings and vocabularies: what a value may be, which defaults apply."""

# ruff: noqa: E501  a sentence stands on one line, as the user reads it

from __future__ import annotations

import math

import pytest

from search.plan.trial_config import Value
from search.plan.vocabulary import Setting, Vocabulary


@pytest.mark.parametrize(
    ("setting", "right", "wrong", "expected"),
    [
        (Setting("x", "bool", True), [True, False], [1, 0, "true", None], "true or false"),
        (Setting("x", "choice", 1, choices=("auto", True, 2)), ["auto", True, 2], [1, "Auto", False, None], "one of auto, true, 2"),
        (Setting("x", "int", 1, low=1, high=8), [1, 8, 2.0], [0, 9, 2.5, True, "2", None, math.inf, math.nan, 10**400], "a whole number from 1 to 8"),
        (Setting("x", "float", 1.0, low=0), [0, 0.5, 3], [-1, True, "2", math.inf, math.nan, 10**400], "a number of at least 0"),
        (Setting("x", "float", 1.0, high=1), [0, -1e300], [2], "a number of at most 1"),
        (Setting("x", "float", 1.0), [0, -1e300], ["a", math.nan], "a number"),
    ],
)  # fmt: skip
def test_a_setting_knows_its_values(
    setting: Setting, right: list[Value], wrong: list[Value], expected: str
) -> None:
    assert [setting.mistake(value) for value in right] == [None] * len(right)
    assert [setting.mistake(value) for value in wrong] == [expected] * len(wrong)


def test_a_point_is_completed_with_the_defaults_of_its_own_choices(vocabulary: Vocabulary) -> None:
    adam = vocabulary.complete({"optimizer": "adam", "momentum": 0.5, "dropout": 0})
    assert adam["learning_rate"] == 0.001
    assert "momentum" not in adam
    assert vocabulary.complete({})["learning_rate"] == 0.1
    assert vocabulary.complete({})["momentum"] == 0.9


def test_equal_numbers_become_one_value(vocabulary: Vocabulary) -> None:
    """So that a trial with 1 and one with 1.0 have the same fingerprint."""
    point = vocabulary.complete({"learning_rate": 1, "batch_size": 64.0, "augmentation.flip": True})
    assert repr(point["learning_rate"]) == "1.0"
    assert repr(point["batch_size"]) == "64"
    assert point["augmentation.flip"] is True


def test_names_stand_once(vocabulary: Vocabulary) -> None:
    assert vocabulary.names().count("learning_rate") == 1
    assert len(vocabulary.of("learning_rate")) == 2
