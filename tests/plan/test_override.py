"""`--set`: any key, nested and dotted, later ones over earlier ones; mistakes carry the option's name."""

# ruff: noqa: E501  a sentence stands on one line, as the user reads it

from __future__ import annotations

from typing import Any

import pytest

from search.plan.document import Place, parse
from search.plan.load import load_plan
from search.plan.mistake import PlanError
from search.plan.override import override

TEXT = "data: digits\nspace:\n  lr: {low: 1, high: 2}\n  aug.crop: 4\n  aug.flip: {choice: [true], when: {lr: 1}}\n"


def after(*assignments: str) -> Any:
    root, mistakes = override(parse(TEXT, Place("my.yaml", 1))[0], assignments)
    assert not mistakes
    return root.plain()


def test_a_value_is_yaml_and_replaces_the_old_one() -> None:
    assert after("space.lr=[64,128]")["space"]["lr"] == [64, 128]
    assert after("space.lr.low=1e-4")["space"]["lr"] == {"low": 1e-4, "high": 2}
    assert after("seed=3", "seed=4")["seed"] == 4
    assert after("space.new.deep={low: 1, high: 2}")["space"]["new"] == {"deep": {"low": 1, "high": 2}}
    assert after("seed=")["seed"] is None
    assert after("name=a=b")["name"] == "a=b"


def test_a_key_that_is_dotted_in_the_file_is_found() -> None:
    assert after("space.aug.crop=2")["space"]["aug.crop"] == 2
    assert after("space.aug.flip.choice=[false]")["space"]["aug.flip"] == {
        "choice": [False],
        "when": {"lr": 1},
    }


def test_a_preset_stays_beside_a_setting_of_its_group() -> None:
    root, _ = override(
        parse("space: {augmentation: cifar}", Place("my.yaml", 1))[0], ["space.augmentation.crop=2"]
    )
    assert root.plain() == {"space": {"augmentation": {"preset": "cifar", "crop": 2}}}


def test_a_shorthand_keeps_its_name() -> None:
    assert after("data.validation=0.2")["data"] == {"name": "digits", "validation": 0.2}


@pytest.mark.parametrize(
    ("assignment", "sentence"),
    [
        ("seed", "--set: found 'seed', expected a key and a value, as in --set space.batch_size=[64,128]"),
        ("=3", "--set: found '=3', expected a key and a value, as in --set space.batch_size=[64,128]"),
        ("a..b=3", "--set: found 'a..b=3', expected a key and a value, as in --set space.batch_size=[64,128]"),
        ("space.lr=[1,", "--set space.lr: found a syntax error (expected the node content, but found '<stream end>'), expected YAML"),
        ("space.lr={a: 1, a: 2}", "--set space.lr: found the key 'a' a second time, expected it once"),
    ],
)  # fmt: skip
def test_a_mistake_names_the_option(assignment: str, sentence: str) -> None:
    _, mistakes = override(parse(TEXT, Place("my.yaml", 1))[0], [assignment])
    assert [str(mistake) for mistake in mistakes] == [sentence]


def test_what_was_set_has_the_option_as_its_place() -> None:
    root, _ = override(parse(TEXT, Place("my.yaml", 1))[0], ["space.lr.high=9"])
    assert root.place_of(("space", "lr", "high")) == Place("--set space.lr.high")
    assert root.place_of(("space", "lr", "low")) == Place("my.yaml", 3)


def test_first_trials_that_an_override_rules_out_say_how_to_leave_them_out(write: Any) -> None:
    """The file is right and the option too: without this the person who reads the mistake would edit the file."""
    path = write(
        "data: digits\nspace: {optimizer: [sgd, adam]}\nstart: [{optimizer: sgd}, {optimizer: adam}]\n"
    )
    with pytest.raises(PlanError) as caught:
        load_plan(path, overrides=["space.optimizer=adam"])
    (mistake,) = caught.value.mistakes
    assert str(mistake).endswith(
        "start.0.optimizer: found 'sgd', expected the fixed value adam: `--set start=[]` leaves out what this file tries first"
    )
    assert load_plan(path, overrides=["space.optimizer=adam", "start=[]"]).start == ()
