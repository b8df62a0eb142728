"""Checks of meaning: what a vocabulary allows, branch by branch."""

from __future__ import annotations

import pytest

from search.plan.checks import check_alone, check_space
from search.plan.space import Choice, Fixed, Float, Int, Parameter, Space
from search.plan.vocabulary import Setting, Vocabulary

SGD = {"optimizer": ("sgd",)}


def test_a_default_choice_decides_what_applies(vocabulary: Vocabulary) -> None:
    """The space leaves the optimizer out: SGD is the default, so the momentum matters everywhere."""
    assert check_space(Space((Parameter("momentum", Float(0.8, 0.9)),)), vocabulary) == []


def test_a_value_is_wrong_only_where_its_setting_applies(vocabulary: Vocabulary) -> None:
    """The weight decay may go to 1 with SGD and to 0.5 with Adam."""
    decay = Parameter("weight_decay", Float(0.0, 0.9))
    both = Space((Parameter("optimizer", Choice(["sgd", "adam"])), decay))
    assert check_space(Space((Parameter("optimizer", Fixed("sgd")), decay)), vocabulary) == []
    assert [str(mistake) for mistake in check_space(both, vocabulary)] == [
        "space.weight_decay.high: found 0.9, expected a number from 0 to 0.5"
    ]


def test_a_fixed_value_may_stand_where_it_does_not_matter(vocabulary: Vocabulary) -> None:
    space = (Parameter("optimizer", Choice(["sgd", "adam"])), Parameter("momentum", Fixed(0.9)))
    assert check_space(Space(space), vocabulary) == []


def test_a_condition_through_another_parameter_counts(vocabulary: Vocabulary) -> None:
    """`layers` is active only with batches of 64, and these only with the CNN."""
    space = Space(
        (
            Parameter("architecture", Choice(["cnn", "lenet5"])),
            Parameter("batch_size", Choice([64, 128]), {"architecture": ("cnn",)}),
            Parameter("layers", Int(1, 3), {"batch_size": (64,)}),
        )
    )
    assert check_space(space, vocabulary) == []


def test_two_choices_that_matter_are_both_named() -> None:
    setting = Setting("rate", "float", 0.1, applies={"a": ("x", "y"), "b": ("u",)})
    words = Vocabulary(
        (
            Setting("a", "choice", "x", choices=("x", "y", "z")),
            Setting("b", "choice", "u", choices=("u", "v")),
            setting,
        ),
        (),
    )
    space = Space(
        (Parameter("a", Choice("xyz")), Parameter("b", Choice("uv")), Parameter("rate", Float(0, 1)))
    )
    assert [str(mistake) for mistake in check_space(space, words)] == [
        "space.rate: found a setting that is searched also where nothing uses it, expected it only with "
        "a x or y and b u: add `when: {a: [x, y], b: u}`"
    ]


def test_names_beyond_a_dozen_are_counted_and_the_verb_that_lists_them_is_named() -> None:
    """An error with fifty names hides what was found."""
    names = tuple(f"net{number}" for number in range(13))
    words = Vocabulary(
        (
            Setting("net", "choice", "none", choices=("none", *names)),
            Setting("rate", "float", 0.1, applies={"net": names}),
        ),
        (),
    )
    space = Space((Parameter("net", Fixed("xyz")), Parameter("rate", Fixed(0.1))))
    assert [str(mistake) for mistake in check_space(space, words)] == [
        "space.net: found 'xyz', expected one of the 14 names that `python -m search.vocabulary net` lists",
    ]
    space = Space((Parameter("net", Fixed("none")), Parameter("rate", Fixed(0.1))))
    assert [str(mistake) for mistake in check_space(space, words)] == [
        "space.rate: found a setting that nothing here uses, expected it only with net "
        "(one of the 13 names that `python -m search.vocabulary rate` lists)"
    ]


@pytest.mark.parametrize(
    ("parameter", "found"),
    [
        (Parameter("momentun", Fixed(1)), "an unknown key"),
        (Parameter("weight_decay", Fixed(3.0)), "3"),
        (Parameter("weight_decay", Fixed(0.9)), None),
        (Parameter("momentum", Float(0, 1), SGD), None),
    ],
)
def test_alone_only_what_is_wrong_in_any_case_is_a_mistake(
    vocabulary: Vocabulary, parameter: Parameter, found: str | None
) -> None:
    mistakes = check_alone([parameter], vocabulary)
    assert [mistake.found for mistake in mistakes] == ([] if found is None else [found])
