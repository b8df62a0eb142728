"""The form that edits a trial's configuration, against the space's own judgement."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.prepare.clone import changed, draft, texts
from search.plan.domain import Choice, Fixed, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space

SPACE = Space(
    (
        Parameter("architecture", Fixed("cnn")),
        Parameter("optimizer", Choice(("sgd", "adam"))),
        Parameter("learning_rate", Float(1e-4, 1.0, log=True)),
        Parameter("momentum", Float(0.5, 0.9), {"optimizer": ("sgd",)}),
        Parameter("nesterov", Choice((True, False)), {"optimizer": ("sgd",)}),
        Parameter("layers", Int(1, 8, step=1), {"architecture": ("cnn",)}),
        Parameter("size", Choice((None, 32, "auto"))),
    )
)


@given(st.integers(0, 2**32 - 1))
def test_a_trials_configuration_comes_back_as_it_was(seed: int) -> None:
    point = SPACE.sample(np.random.default_rng(seed))
    made = draft(SPACE, texts(SPACE, point))
    assert made.right
    searched = {name: value for name, value in point.items() if name != "architecture"}
    assert made.point == searched
    assert [type(value) for value in made.point.values()] == [type(value) for value in searched.values()]


@given(
    st.dictionaries(
        st.sampled_from(SPACE.names()), st.text(max_size=12) | st.sampled_from(["sgd", "adam", "0.1", "3"])
    )
)
def test_what_the_form_calls_right_the_driver_takes_and_nothing_else(written: dict[str, str]) -> None:
    made = draft(SPACE, written)
    assert made.right == (SPACE.check(made.point, partial=True) == [])
    assert {field.name for field in made.fields} >= set(made.point)


def test_only_what_is_active_is_asked_for() -> None:
    names = [field.name for field in draft(SPACE, {"optimizer": "adam"}).fields]
    assert names == ["optimizer", "learning_rate", "layers", "size"]
    assert "momentum" in [field.name for field in draft(SPACE, {"optimizer": "sgd"}).fields]
    left = draft(SPACE, {"optimizer": "adam", "momentum": "0.6"})
    assert "momentum" not in left.point, "what another choice has switched off falls away"
    assert left.right


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("learning_rate", "7", "found 7, expected a number from 0.0001 to 1"),
        ("learning_rate", "0,1", "found '0,1', expected a number"),
        ("learning_rate", ".nan", "expected a number"),
        ("layers", "2.5", "found 2.5, expected a whole number from 1 to 8"),
        ("layers", "9" * 500, "expected a whole number"),
        ("optimizer", "sgdd", "found 'sgdd', expected one of sgd, adam"),
    ],
)
def test_a_mistake_stands_at_its_field_with_what_is_expected(name: str, text: str, said: str) -> None:
    wrong = {field.name: field.mistake for field in draft(SPACE, {name: text}).fields if field.mistake}
    assert wrong.keys() == {name}
    assert said in wrong[name]


def test_what_is_left_empty_is_left_to_the_sampler() -> None:
    made = draft(SPACE, {"learning_rate": "  ", "layers": "2"})
    assert made.right
    assert made.point == {"layers": 2}


def test_what_the_space_no_longer_searches_is_left_out() -> None:
    assert texts(SPACE, {"gone": 3, "layers": 2}) == {"layers": "2"}


def test_changes_are_told_with_before_and_after() -> None:
    before = {"optimizer": "sgd", "momentum": 0.5, "layers": 2}
    after = {"optimizer": "adam", "layers": 2, "size": None}
    assert changed(before, after) == {
        "optimizer": ("sgd", "adam"),
        "momentum": ("0.5", ""),
        "size": ("", "null"),
    }
