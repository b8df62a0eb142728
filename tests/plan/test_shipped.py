"""The shipped spaces: found by name, and right by the real vocabulary."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.plan.mistake import PlanError
from search.plan.plan import find_space, load_plan, shipped_spaces
from search.tuning.vocabulary import vocabulary


@pytest.mark.parametrize("name", shipped_spaces())
def test_a_shipped_space_is_right_and_every_point_makes_a_configuration(name: str) -> None:
    words = vocabulary()
    plan = load_plan(find_space(name), vocabulary=words)
    assert plan.start
    assert plan.budget.trials >= 24
    rng = np.random.default_rng(0)
    for point in [plan.space.sample(rng) for _ in range(50)]:
        config = plan.trial_config(point, seed=1, vocabulary=words)
        assert set(point) <= set(config.settings)
        for setting in words.settings:
            if setting.applies_to(config.settings) and setting.name in config.settings:
                assert setting.mistake(config.settings[setting.name]) is None


def test_the_published_recipe_fixes_every_searched_setting() -> None:
    """A first trial that leaves a setting to chance would not be the published one."""
    for name in shipped_spaces():
        plan = load_plan(find_space(name))
        for start in plan.start:

            def choose(key: str, domain: object, start: dict[str, object] = dict(start)) -> object:  # noqa: B006
                return start[key]

            assert plan.space.check(plan.space.walk(choose)) == []  # type: ignore[arg-type]


def test_the_spaces_are_there_in_order() -> None:
    assert set(shipped_spaces()) >= {"cifar10_cnn.yaml", "digits.yaml", "mnist.yaml", "resnet.yaml", "lenet.yaml",
                                     "alexnet.yaml", "vgg.yaml", "densenet.yaml", "mobilenet.yaml", "inception.yaml",
                                     "architectures.yaml"}  # fmt: skip
    assert set(shipped_spaces()) >= {"transfer.yaml", "cats_vs_dogs.yaml", "imagenet.yaml"}
    assert list(shipped_spaces()) == sorted(shipped_spaces())


def test_a_path_comes_before_a_shipped_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_space("digits") == find_space("digits.yaml")
    assert find_space("digits").name == "digits.yaml"
    (tmp_path / "digits.yaml").write_text("x")
    assert find_space("digits").resolve() == tmp_path / "digits.yaml"


@pytest.mark.parametrize("name", ["digit.yaml", "Digits", "nothing/digits.yaml"])
def test_an_unknown_name_gets_the_nearest_and_the_list(name: str) -> None:
    with pytest.raises(PlanError) as caught:
        find_space(name)
    assert str(caught.value) == (
        f"--space: found {name!r}, expected the path of a YAML file, or one of {', '.join(shipped_spaces())}: "
        "did you mean 'digits.yaml'?"
    )


@pytest.mark.parametrize("name", ["", "x" * 5000, "a\x00b", "."])
def test_a_strange_name_is_no_crash(name: str) -> None:
    with pytest.raises(PlanError):
        find_space(name)
