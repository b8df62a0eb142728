"""Spaces against brute force: every combination of values, kept where presence and conditions agree."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.domain import Choice, Fixed, Float, Int
from search.plan.space import Parameter, Space, SpaceError

ABSENT = object()


def equal(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


def is_active(space: Space, name: str, point: dict[str, Any]) -> bool:
    """The definition, recursively: every parent is active and has one of the values."""
    return all(
        is_active(space, parent, point) and any(equal(point.get(parent, ABSENT), value) for value in values)
        for parent, values in space[name].when.items()
    )


def brute_force(space: Space) -> Iterator[dict[str, Any]]:
    columns = [[*p.domain.values(), ABSENT] for p in space.parameters]
    for row in itertools.product(*columns):
        point = {name: v for name, v in zip(space.names(), row, strict=True) if v is not ABSENT}
        if all(is_active(space, name, point) == (name in point) for name in space.names()):
            yield point


def keyed(points: Any) -> list[tuple[Any, ...]]:
    return sorted(tuple((n, type(v).__name__, repr(v)) for n, v in sorted(point.items())) for point in points)


@given(data=st.data())
def test_size_and_enumeration_agree_with_brute_force(finite_spaces: Any, data: st.DataObject) -> None:
    space = data.draw(finite_spaces)
    points = list(space.enumerate())
    assert keyed(points) == keyed(brute_force(space))
    assert space.size() == len(points)
    assert all(space.check(point) == [] for point in points)


@given(data=st.data())
def test_branches_are_the_projections_of_all_points(finite_spaces: Any, data: st.DataObject) -> None:
    space = data.draw(finite_spaces)
    parents = {parent for parameter in space.parameters for parent in parameter.when}
    projected = {keyed([{n: v for n, v in point.items() if n in parents}])[0] for point in brute_force(space)}
    assert keyed(space.branches()) == sorted(projected)


@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_sample_is_complete_and_right(spaces: Any, data: st.DataObject, seed: int) -> None:
    space = data.draw(spaces)
    point = space.sample(np.random.default_rng(seed))
    assert space.check(point) == []
    for name in space.names():
        assert space.active(name, point) == is_active(space, name, point) == (name in point)


@given(data=st.data())
def test_the_size_is_infinite_where_a_continuous_parameter_can_be_active(
    spaces: Any, data: st.DataObject
) -> None:
    space = data.draw(spaces)
    finite = Space(
        tuple(
            Parameter(p.name, p.domain if p.domain.size() < math.inf else Fixed(0), p.when)
            for p in space.parameters
        )
    )
    reached = {name for point in brute_force(finite) for name in point}
    endless = any(p.name in reached and p.domain.size() == math.inf for p in space.parameters)
    assert (space.size() == math.inf) == endless


@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_partial_point_of_a_right_one_is_right(spaces: Any, data: st.DataObject, seed: int) -> None:
    space = data.draw(spaces)
    point = space.sample(np.random.default_rng(seed))
    kept = data.draw(st.sets(st.sampled_from(sorted(point)))) if point else set()
    assert space.check({name: point[name] for name in kept}, partial=True) == []


@given(data=st.data(), seed=st.integers(0, 2**32))
def test_a_damaged_point_is_found_out(spaces: Any, data: st.DataObject, seed: int) -> None:
    space = data.draw(spaces)
    point = space.sample(np.random.default_rng(seed))
    if point:
        name = data.draw(st.sampled_from(sorted(point)))
        assert space.check({**point, name: "not this"})
        assert space.check({n: v for n, v in point.items() if n != name})
    for name in set(space.names()) - set(point):
        assert any(s.startswith(f"{name}: ") for s in space.check({**point, name: next(iter([0]))}))
    assert space.check({**point, "stranger": 1})


def chain() -> Space:
    return Space(
        (
            Parameter("rate", Float(0.1, 1.0, log=True), {"momentum": (0.5,)}),
            Parameter("momentum", Choice([0.5, 0.9]), {"optimizer": ("sgd",)}),
            Parameter("optimizer", Choice(["sgd", "adam"])),
            Parameter("seed", Fixed(3)),
        )
    )


def test_parents_stand_first_and_the_rest_keeps_its_order() -> None:
    assert chain().names() == ("optimizer", "momentum", "rate", "seed")


def test_a_condition_holds_only_while_its_parent_is_active() -> None:
    assert not chain().active("rate", {"optimizer": "adam", "momentum": 0.5})


def test_walk_asks_in_order_and_not_for_fixed_ones() -> None:
    asked = []

    def choose(name: str, domain: Any) -> Any:
        asked.append(name)
        return {"optimizer": "sgd", "momentum": 0.5, "rate": 0.3}[name]

    assert chain().walk(choose) == {"optimizer": "sgd", "momentum": 0.5, "rate": 0.3, "seed": 3}
    assert asked == ["optimizer", "momentum", "rate"]
    with pytest.raises(ValueError, match=r"^optimizer: found 'sgdd', expected one of sgd, adam$"):
        chain().walk(lambda name, domain: "sgdd")


def test_check_says_what_is_wrong_with_a_point() -> None:
    assert chain().check({"optimizer": "adm", "momentum": 0.5, "sed": 3}) == [
        "sed: found an unknown key, expected a parameter of the space: did you mean 'seed'?",
        "optimizer: found 'adm', expected one of sgd, adam: did you mean 'adam'?",
        "momentum: found 0.5, expected none, since it is active only when optimizer is sgd",
        "seed: found no value, expected the fixed value 3",
    ]
    assert chain().check({"rate": 0.3}, partial=True) == []
    assert chain().check({"rate": 0.3, "optimizer": "adam"}, partial=True) == [
        "rate: found 0.3, expected none, since it is active only when momentum is 0.5"
    ]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        (
            [Parameter("a", Fixed(1), {"b": (1,)}), Parameter("b", Fixed(1), {"a": (1,)})],
            "a: found the cycle of conditions a -> b -> a, expected conditions without a cycle",
        ),
        (
            [Parameter("a", Fixed(1), {"a": (1,)})],
            "a: found the cycle of conditions a -> a, expected conditions without a cycle",
        ),
        (
            [Parameter("a", Fixed(1), {"optimiser": ("sgd",)}), Parameter("optimizer", Choice(["sgd"]))],
            "a.when.optimiser: found a condition on an unknown key, expected the name of another parameter of "
            "the space: did you mean 'optimizer'?",
        ),
        (
            [Parameter("a", Fixed(1), {"o": ("sdg",)}), Parameter("o", Choice(["sgd", "adam"]))],
            "a.when.o: found 'sdg', expected one of sgd, adam: did you mean 'sgd'?",
        ),
        (
            [Parameter("a", Fixed(1), {"b": (0.5,)}), Parameter("b", Float(0, 1))],
            "a.when.b: found a condition on a continuous range, expected a condition on a choice or on whole numbers",
        ),
        (
            [Parameter("a", Fixed(1), {"b": ()}), Parameter("b", Int(0, 1))],
            "a.when.b: found a condition without values, expected a whole number from 0 to 1",
        ),
        (
            [Parameter("a", Fixed(1)), Parameter("a", Fixed(2))],
            "a: found the parameter a second time, expected it once",
        ),
    ],
)
def test_what_is_no_space_says_why(parameters: list[Parameter], message: str) -> None:
    with pytest.raises(SpaceError) as caught:
        Space(tuple(parameters))
    assert str(caught.value) == message


def test_large_spaces_are_counted_and_walked_without_enumerating() -> None:
    """2^300 configurations, a chain of 2,000 conditions and a range of 2^50 parents: no recursion, no enumeration."""
    wide = Space(tuple(Parameter(f"p{n}", Choice([0, 1])) for n in range(300)))
    assert wide.size() == 2**300
    assert len(next(wide.enumerate())) == 300
    links = tuple(Parameter(f"p{n}", Choice([0, 1]), {f"p{n - 1}": (1,)} if n else {}) for n in range(2000))
    deep = Space(links[::-1])
    assert deep.size() == 2001
    assert deep.active("p1999", dict.fromkeys(deep.names(), 1))
    ranges = Space((Parameter("n", Int(0, 2**50)), Parameter("m", Choice("ab"), {"n": (7, 8)})))
    assert ranges.size() == 2**50 + 1 + 2


def test_an_infinite_space_cannot_be_enumerated() -> None:
    assert chain().size() == math.inf
    with pytest.raises(ValueError, match="a finite space is expected"):
        chain().enumerate()
