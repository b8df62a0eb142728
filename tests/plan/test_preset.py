"""Groups that begin from a preset, alone and in a choice."""

# ruff: noqa: E501  a sentence stands on one line, as the user reads it

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from search.plan.load import load_plan
from search.plan.mistake import PlanError
from search.plan.model import Plan
from search.plan.space import Choice, Fixed, Int, Parameter
from search.plan.vocabulary import Setting, Vocabulary

ON = {"augmentation": ("custom", "cifar")}


@pytest.fixture
def words(vocabulary: Vocabulary) -> Vocabulary:
    """The vocabulary with presets: none, custom and cifar, whose crop is 4."""
    others = [setting for setting in vocabulary.settings if not setting.name.startswith("augmentation")]
    crop = Setting("augmentation.crop", "int", 0, low=0, high=64, applies={"augmentation": ("custom",)})
    presets = (
        Setting("augmentation", "choice", "custom", choices=("none", "custom", "cifar")),
        crop,
        replace(crop, default=4, applies={"augmentation": ("cifar",)}),
        Setting("augmentation.flip", "bool", False, applies=ON),
    )
    return replace(vocabulary, settings=(*others, *presets))


def plan_of(write: Any, words: Vocabulary, augmentation: str, start: str = "") -> Plan:
    text = f"data: digits\nspace:\n  architecture: cnn\n  augmentation: {augmentation}\n{start}"
    return load_plan(write(text), vocabulary=words)


def parameters(plan: Plan) -> dict[str, Parameter]:
    return {
        parameter.name: parameter for parameter in plan.space.parameters if parameter.name != "architecture"
    }


def test_a_preset_alone_is_a_value_or_a_choice(write: Any, words: Vocabulary) -> None:
    assert parameters(plan_of(write, words, "cifar"))["augmentation"].domain == Fixed("cifar")
    both = parameters(plan_of(write, words, "[none, cifar]"))["augmentation"]
    assert both.domain == Choice(["none", "cifar"])


def test_a_group_names_its_preset(write: Any, words: Vocabulary) -> None:
    found = parameters(plan_of(write, words, "{preset: [custom, cifar], crop: {low: 2, high: 6}}"))
    assert found == {
        "augmentation": Parameter("augmentation", Choice(["custom", "cifar"])),
        "augmentation.crop": Parameter("augmentation.crop", Int(2, 6)),
    }


def test_a_choice_between_presets_and_groups(write: Any, words: Vocabulary) -> None:
    """What stands in a group is searched only where the group was chosen."""
    choice = "[none, {preset: cifar, crop: {low: 2, high: 6}}, {flip: [true, false]}]"
    plan = plan_of(write, words, choice)
    assert parameters(plan) == {
        "augmentation": Parameter("augmentation", Choice(["none", "cifar", "custom"])),
        "augmentation.crop": Parameter("augmentation.crop", Int(2, 6), {"augmentation": ("cifar",)}),
        "augmentation.flip": Parameter(
            "augmentation.flip", Choice([True, False]), {"augmentation": ("custom",)}
        ),
    }
    assert load_plan(write(plan.to_yaml()), vocabulary=words).space == plan.space


def test_a_start_names_the_preset_as_the_space_does(write: Any, words: Vocabulary) -> None:
    start = "start:\n  - {augmentation: {preset: cifar, crop: 4}}\n  - {augmentation: none}\n"
    plan = plan_of(write, words, "[none, {preset: cifar, crop: [2, 4]}]", start)
    assert plan.start == ({"augmentation": "cifar", "augmentation.crop": 4}, {"augmentation": "none"})
    complete = [plan.trial_config(point, 0, words).settings for point in plan.start]
    assert complete[0]["augmentation.crop"] == 4
    assert "augmentation.crop" not in complete[1]


def test_a_preset_changes_what_is_not_named(write: Any, words: Vocabulary) -> None:
    plan = plan_of(write, words, "{preset: cifar, flip: true}")
    settings = plan.trial_config({"augmentation": "cifar", "augmentation.flip": True}, 0, words).settings
    assert (settings["augmentation.crop"], settings["augmentation.flip"]) == (4, True)


@pytest.mark.parametrize(
    ("augmentation", "sentence"),
    [
        ("cifr", "4: space.augmentation: found 'cifr', expected one of none, custom, cifar: did you mean 'cifar'?"),
        ("[none, {preset: cifr, crop: 1}]", "4: space.augmentation: found 'cifr', expected one of none, custom, cifar: did you mean 'cifar'?"),
        ("[none, {preset: cifar, crp: 1}]", "4: space.augmentation.crp: found an unknown key, expected one of the recipe's settings: did you mean 'augmentation.crop'?"),
        ("[{crop: 1}, {flip: true}]", "4: space.augmentation: found 'custom' twice, expected each choice to stand once"),
        ("[none, {preset: [cifar]}]", "4: space.augmentation: found a list, expected a plain value in a list of choices"),
        ("{preset: none, crop: [1, 2]}", "4: space.augmentation.crop: found a setting that nothing here uses, expected it only with augmentation custom or cifar"),
    ],
)  # fmt: skip
def test_a_likely_mistake_has_its_sentence(
    write: Any, words: Vocabulary, augmentation: str, sentence: str
) -> None:
    with pytest.raises(PlanError) as caught:
        plan_of(write, words, augmentation)
    assert [str(mistake).rpartition("/")[2] for mistake in caught.value.mistakes] == [f"my.yaml:{sentence}"]
