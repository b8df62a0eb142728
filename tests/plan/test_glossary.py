"""The words of a space as they are looked up: nothing is lost, and what is shown is what completes a trial."""

from __future__ import annotations

import pytest

from search.plan.domain import Choice, Fixed, Float
from search.plan.glossary import Default, Group, allowed, choices_of, default_text, glossary, names_about
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.plan.vocabulary import Namespace, Setting, Vocabulary
from search.tuning.vocabulary import vocabulary

NETS = ("cnn", "vgg11", "vgg16")
ZOO = Namespace("zoo/", ("zoo/ape", "zoo/bear"), "a zoo")
WORDS = Vocabulary(
    (
        Setting("net", "choice", "cnn", "which net", choices=NETS, namespaces=(ZOO,)),
        Setting("rate", "float", 0.1, "step size", low=0, applies={"net": ("cnn", "zoo/*")}),
        Setting("units", "int", 8, "width", low=1, applies={"net": ("vgg11", "vgg16")}),
        Setting("rate", "float", 0.2, "step size", low=0, applies={"net": ("vgg11", "vgg16")}),
        Setting("batch", "int", 64, "images of a step", low=1),
    ),
    (),
)  # fmt: skip


def found(**asked: object) -> dict[str, dict[str, str]]:
    """Return the text of each word's defaults, by group."""
    groups: tuple[Group, ...] = glossary(WORDS, **asked)  # type: ignore[arg-type]
    return {
        group.name: {
            word.name: "; ".join(default_text(d, group.name) for m in word.meanings for d in m.defaults)
            for word in group.words
        }
        for group in groups
    }


def test_a_shared_setting_stands_once_with_each_parts_default() -> None:
    assert found() == {
        "net": {"net": "cnn", "rate": "0.1; 0.2 with vgg11, vgg16", "units": "8 with vgg11, vgg16"},
        "recipe": {"batch": "64"},
    }


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ("vgg16", {"net": {"rate": "0.2", "units": "8"}}),
        ("VGG", {"net": {"net": "cnn", "rate": "0.2 with vgg11, vgg16", "units": "8 with vgg11, vgg16"}}),
        ("zoo/ape", {"net": {"rate": "0.1"}}),
        ("STEP", {"net": {"rate": "0.1; 0.2 with vgg11, vgg16"}, "recipe": {"batch": "64"}}),
        ("nothing like it", {}),
    ],
)
def test_a_word_is_found_by_choice_by_name_and_by_meaning(about: str, expected: object) -> None:
    assert found(about=about) == expected


def test_a_space_leaves_only_what_its_choices_use() -> None:
    some = Space((Parameter("net", Choice(["cnn", "vgg16"])), Parameter("rate", Float(0, 1))))
    assert choices_of(some, WORDS) == {"net": ("cnn", "vgg16")}
    assert found(choices=choices_of(some, WORDS))["net"] == {
        "net": "cnn",
        "rate": "0.1 with cnn; 0.2 with vgg16",
        "units": "8 with vgg16",
    }
    assert list(found(choices={"net": ("vgg11",)})["net"]) == ["net", "rate", "units"], (
        "in the vocabulary's order"
    )
    assert "units" not in found(choices=choices_of(Space(()), WORDS))["net"]
    one = Space((Parameter("net", Fixed("zoo/ape")),))
    assert found(choices=choices_of(one, WORDS))["net"] == {"net": "cnn", "rate": "0.1"}


def test_names_of_a_library_are_found_by_a_part_of_them() -> None:
    assert names_about(WORDS, "zoo/a") == ("zoo/ape",)
    assert names_about(WORDS, "") == names_about(WORDS, "zebra") == ()


def test_what_a_setting_may_be_is_said_in_words() -> None:
    assert [allowed(WORDS.of(name)[0]) for name in ("net", "rate", "units")] == [
        "cnn, vgg11, vgg16, 2 names of zoo/*",
        "a number of at least 0",
        "a whole number of at least 1",
    ]


def test_many_names_are_counted() -> None:
    one = Default(0.5, {"net": NETS})
    assert default_text(one, "net", most=2) == "0.5 with 3 nets"
    assert default_text(one, "other") == "0.5 with net cnn, vgg11, vgg16"


@pytest.mark.parametrize("selector", ["architecture", "optimizer", "schedule", "loss", "augmentation"])
def test_beside_each_choice_stands_what_a_trial_with_it_is_completed_by(selector: str) -> None:
    """The defaults that a person reads are those that the trial gets."""
    words = vocabulary()
    for choice in words.of(selector)[0].choices:
        complete = words.complete({selector: choice})
        shown = {
            word.name: [default.value for meaning in word.meanings for default in meaning.defaults]
            for group in glossary(words, choices={selector: (choice,)})
            for word in group.words
            if any(selector in setting.applies for setting in words.of(word.name))
        }
        assert shown == {name: [complete[name]] for name in shown}
        assert set(shown) == {n for n in complete if any(selector in one.applies for one in words.of(n))}
