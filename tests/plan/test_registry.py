"""Registries: settings read off a signature, and errors that name what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import pytest

from search.plan.registry import Doc, Range, Registry, did_you_mean, settings_of
from search.plan.vocabulary import Setting


def part(
    data: object,
    *,
    rate: Annotated[float, Range(0, 1, "share")] = 0.5,
    count: Annotated[int, Range(1)] = 3,
    kind: Literal["a", "b"] = "a",
    on: bool = True,
    mood: Annotated[Literal["calm", None], Doc("how it is")] = "calm",
    loud: Annotated[bool, Doc("whether it is heard")] = False,
) -> None:
    """First line.

    Second.
    """


def test_a_signature_gives_the_settings() -> None:
    assert settings_of(part) == (
        Setting("rate", "float", 0.5, "share", 0, 1),
        Setting("count", "int", 3, "", 1, None),
        Setting("kind", "choice", "a", choices=("a", "b")),
        Setting("on", "bool", True),
        Setting("mood", "choice", "calm", "how it is", choices=("calm", None)),
        Setting("loud", "bool", False, "whether it is heard"),
    )


def test_a_part_is_found_by_name_and_gets_its_arguments() -> None:
    registry: Registry[object] = Registry("model")  # type: ignore[type-var]
    assert registry.register("mine")(part) is part
    entry = registry["mine"]
    assert (entry.summary, registry.names(), "mine" in registry, list(registry)) == (
        "First line.",
        ("mine",),
        True,
        [entry],
    )
    assert entry.arguments({"rate": 0.1, "other": 3}) == {"rate": 0.1}
    with pytest.raises(KeyError, match="no model is called 'mime': did you mean 'mine'"):
        registry["mime"]
    with pytest.raises(ValueError, match="the model 'mine' is registered twice"):
        registry.register("mine")(part)


def test_a_setting_needs_a_default_and_a_range() -> None:
    def without_default(*, rate: Annotated[float, Range(0, 1)]) -> None: ...

    def without_range(*, rate: float = 0.5) -> None: ...

    def of_text(*, rate: Annotated[str, "x"] = "a") -> None: ...

    def without_anything(*, rate=0.5): ...  # type: ignore[no-untyped-def]

    cases: dict[Callable[..., object], str] = {
        without_default: "the setting 'rate' must have a default",
        without_range: "the setting 'rate' must be bool, Literal or Annotated",
        of_text: "the setting 'rate' must be bool, Literal or Annotated",
        without_anything: "the setting 'rate' must be bool, Literal or Annotated",
    }
    for build, message in cases.items():
        with pytest.raises(TypeError, match=message):
            settings_of(build)


def test_a_default_lies_in_its_own_range() -> None:
    def outside(*, rate: Annotated[float, Range(0, 1)] = 2.0) -> None: ...

    with pytest.raises(
        TypeError, match=r"the default of the setting 'rate' is 2\.0, but it must be a number from 0 to 1"
    ):
        settings_of(outside)


def test_a_word_gets_the_nearest_or_the_list() -> None:
    assert did_you_mean("resnet81", ["cnn", "resnet18"]) == ": did you mean 'resnet18'?"
    assert did_you_mean("vgg", ["cnn", "resnet18"]) == "; known are cnn, resnet18"
    assert did_you_mean("vgg", []) == ""
