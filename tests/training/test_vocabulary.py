"""The words of a space: complete, unambiguous, with each part's own defaults."""

from __future__ import annotations

from typing import Annotated

import pytest
from torch import Tensor

from search.plan.registry import Range
from search.training.augmentations import augmentations
from search.training.losses import losses
from search.training.vocabulary import SELECTORS, vocabulary


def test_selectors_stand_first() -> None:
    assert vocabulary().names()[:4] == ("architecture", "optimizer", "schedule", "loss") == tuple(SELECTORS)


def test_defaults_are_those_of_the_chosen_part() -> None:
    words = vocabulary()
    assert words.complete({})["learning_rate"] == 0.1
    assert words.complete({"optimizer": "adamw"})["learning_rate"] == 1e-3
    assert words.complete({"optimizer": "adamw"})["weight_decay"] == 0.01
    assert words.complete({"schedule": "one_cycle"})["warmup"] == 0.3


def test_what_does_not_apply_is_left_out() -> None:
    complete = vocabulary().complete(
        {"optimizer": "adam", "momentum": 0.8, "architecture": "lenet5", "width": 3}
    )
    assert not {"momentum", "width"} & set(complete)
    assert "beta1" in complete


def test_every_choice_completes_to_values_without_mistakes() -> None:
    words = vocabulary()
    for selector, (registry, _) in SELECTORS.items():
        for name in registry.names():
            complete = words.complete({selector: name})
            own = [s for s in words.settings if s.name in complete and s.applies_to(complete)]
            assert len(own) == len(complete)  # one meaning for each name
            assert [s.mistake(complete[s.name]) for s in own] == [None] * len(own)


def test_augmentations_are_off_by_default_and_data_sets_are_named() -> None:
    words = vocabulary()
    complete = words.complete({})
    assert not any(complete[f"augmentation.{name}"] for name in augmentations.names())
    assert set(words.datasets) >= {"digits", "mnist", "fashion_mnist", "cifar10", "cifar100", "image_folder"}


def test_numbers_have_ranges_and_words_meanings() -> None:
    """A person finds a setting by what the vocabulary says of it, in one line of a terminal."""
    for setting in vocabulary().settings:
        if setting.kind in ("int", "float"):
            assert setting.low is not None, setting.name
            assert setting.high is not None, setting.name
        assert 0 < len(setting.doc) <= 90, setting.name


def test_a_plugins_part_is_in_the_vocabulary_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "_entries", dict(losses._entries))

    @losses.register("poly")
    def poly(logits: Tensor, labels: Tensor, *, epsilon: Annotated[float, Range(0, 10)] = 2.0) -> Tensor:
        raise NotImplementedError

    assert vocabulary().complete({"loss": "poly"})["epsilon"] == 2.0
    assert "epsilon" not in vocabulary().complete({})


def test_one_name_for_two_kinds_of_part_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "_entries", dict(losses._entries))

    @losses.register("clash")
    def clash(logits: Tensor, labels: Tensor, *, momentum: Annotated[float, Range(0, 1)] = 0.5) -> Tensor:
        raise NotImplementedError

    with pytest.raises(ValueError, match="'momentum' belongs to"):
        vocabulary()
