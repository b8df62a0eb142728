"""Contexts against brute force: the choices under which a parameter is active, over all points of the space."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from search.plan.contexts import contexts, never_active
from search.plan.space import Choice, Int, Parameter, Space


def keyed(choices: Any) -> list[str]:
    return sorted(
        {repr(sorted((name, type(v).__name__, repr(v)) for name, v in each.items())) for each in choices}
    )


@given(data=st.data())
def test_contexts_are_the_choices_of_all_points_at_which_a_parameter_is_active(
    finite_spaces: Any, data: st.DataObject
) -> None:
    space = data.draw(finite_spaces.filter(lambda space: space.parameters))
    parameter = data.draw(st.sampled_from(space.parameters))
    selectors = data.draw(st.sets(st.sampled_from([*space.names(), "elsewhere"])))
    defaults = dict.fromkeys(selectors, "a default")
    points = [point for point in space.enumerate() if parameter.name in point]
    expected = [{name: point.get(name, default) for name, default in defaults.items()} for point in points]
    assert keyed(contexts(parameter, space, defaults, lambda name, value: True)) == keyed(expected)


@given(data=st.data())
def test_never_active_is_what_no_point_has(finite_spaces: Any, data: st.DataObject) -> None:
    space = data.draw(finite_spaces)
    reached = {name for point in space.enumerate() for name in point}
    found = {mistake.key for mistake in never_active(space)}
    assert found == {f"space.{name}" for name in space.names() if name not in reached}


def test_a_long_range_as_a_parent_costs_nothing() -> None:
    space = Space((Parameter("n", Int(0, 2**50)), Parameter("m", Choice("ab"), {"n": (7, 2**49)})))
    assert contexts(space["m"], space, {}, lambda name, value: True) == [{}]
