"""The cube against the space itself: what a row stands for, and which parameters are active there."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.plan.domain import Choice, Domain, Fixed, Float, Int, same
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.tuning.samplers.cube import Cube, Rows
from tests.tuning.samplers.made import spaces

SEEDS = st.integers(0, 2**32 - 1)


def one(domain: Domain) -> Cube:
    return Cube(Space((Parameter("p", domain),)))


def value(cube: Cube, share: float) -> object:
    return cube.point(cube.canonical(np.array([[share]]))[0])["p"]


@given(spaces(), SEEDS)
def test_a_point_comes_back_from_its_row(space: Space, seed: int) -> None:
    """Exactly where values are counted, to rounding where they are continuous."""
    point = space.sample(np.random.default_rng(seed))
    back = Cube(space).point(Cube(space).row(point))
    assert back.keys() == point.keys()
    for name, had in point.items():
        domain = space[name].domain
        if isinstance(domain, Float):
            assert isinstance(had, float)
            assert back[name] == pytest.approx(had, rel=1e-9, abs=1e-9)
            assert domain.step is None or back[name] == had
        else:
            assert same(back[name], had)
            assert type(back[name]) is type(had)


@given(spaces(), SEEDS)
def test_a_canonical_row_comes_back_from_its_point(space: Space, seed: int) -> None:
    """To a billionth, since that is how finely rows are told apart (`Acquisition` rounds them)."""
    cube = Cube(space)
    for row in cube.draw(np.random.default_rng(seed), 8):
        np.testing.assert_allclose(cube.row(cube.point(row)), row, rtol=0, atol=1e-9, equal_nan=True)


@given(spaces(), SEEDS)
def test_rows_of_equal_points_are_equal_bytes(space: Space, seed: int) -> None:
    cube = Cube(space)
    point = space.sample(np.random.default_rng(seed))
    backwards = dict(reversed(point.items()))
    assert cube.row(point).tobytes() == cube.row(backwards).tobytes()
    if space.size() < math.inf and cube.columns:
        row = cube.row(point)
        nearby = np.clip(row + 1e-12, 0, 1)[None]
        assert cube.canonical(nearby)[0].round(9).tobytes() == row.round(9).tobytes()


@given(spaces(), SEEDS, st.floats(-0.5, 0.5), st.floats(1.0, 3.0))
def test_canonical_is_idempotent_inside_the_cube_and_right_for_any_row(
    space: Space, seed: int, offset: float, wide: float
) -> None:
    cube = Cube(space)
    rows = np.random.default_rng(seed).random((9, len(cube.columns))) * wide + offset
    before = rows.copy()
    once = cube.canonical(rows)
    np.testing.assert_array_equal(rows, before, "the caller's rows are not touched")
    np.testing.assert_allclose(cube.canonical(once), once, rtol=0, atol=1e-12, equal_nan=True)
    assert ((once >= 0) & (once <= 1) | np.isnan(once)).all()
    for row in once:
        assert space.check(cube.point(row)) == []


@given(spaces(), SEEDS)
def test_drawn_rows_are_points_and_nan_exactly_where_the_space_has_the_parameter_inactive(
    space: Space, seed: int
) -> None:
    cube = Cube(space)
    drawn = cube.draw(np.random.default_rng(seed), 16)
    assert drawn.shape == (16, len(cube.columns))
    for row in drawn:
        point = cube.point(row)
        assert space.check(point) == []
        for parameter, share in zip(cube.columns, row, strict=True):
            assert math.isnan(share) != space.active(parameter.name, point)


@given(spaces())
def test_columns_are_what_leaves_a_choice_in_the_spaces_order(space: Space) -> None:
    cube = Cube(space)
    assert [p.name for p in cube.columns] == [p.name for p in space.parameters if p.domain.size() > 1]
    assert cube.choices.tolist() == [isinstance(p.domain, Choice) for p in cube.columns]
    assert cube.choices.dtype == bool


def reached(cube: Cube, rows: Rows) -> Counter[object]:
    return Counter(repr(cube.point(row)["p"]) for row in rows)


@pytest.mark.parametrize(
    "domain", [Choice(["a", True, 1, None]), Int(3, 7), Int(0, 30, step=10), Float(0.0, 0.3, step=0.1)]
)
def test_every_value_has_the_same_share_of_the_range(domain: Domain) -> None:
    """Of an even grid over the range each value gets its part, the ends too."""
    cube = one(domain)
    grid = (np.arange(6000)[:, None] + 0.5) / 6000
    counts = reached(cube, cube.canonical(grid))
    assert set(counts) == {repr(option) for option in domain.values()}
    assert set(counts.values()) == {6000 // int(domain.size())}


def test_whole_numbers_on_the_logarithm_have_the_shares_with_which_the_space_draws_them() -> None:
    """`Int.sample`: n gets log((n + ½) / (n - ½)) of log(8.5 / 0.5)."""
    cube = one(Int(1, 8, log=True))
    grid = (np.arange(20000)[:, None] + 0.5) / 20000
    counts = reached(cube, cube.canonical(grid))
    for n in range(1, 9):
        expected = math.log((n + 0.5) / (n - 0.5)) / math.log(8.5 / 0.5)
        assert counts[repr(n)] / 20000 == pytest.approx(expected, abs=2e-4)


def test_drawn_rows_cover_choices_evenly_in_every_branch() -> None:
    space = Space(
        (
            Parameter("kind", Choice(["a", "b", "c"])),
            Parameter("size", Choice([1, 2]), {"kind": ("a", "b")}),
        )
    )
    cube = Cube(space)
    points = [cube.point(row) for row in cube.draw(np.random.default_rng(0), 6000)]
    kinds = Counter(point["kind"] for point in points)
    assert all(abs(count - 2000) < 150 for count in kinds.values())  # 4 standard deviations
    sizes = Counter(point["size"] for point in points if "size" in point)
    assert sum(sizes.values()) == kinds["a"] + kinds["b"]
    assert abs(sizes[1] - sizes[2]) < 250


@pytest.mark.parametrize(
    ("domain", "share", "expected"),
    [
        (Float(1e-4, 1.0, log=True), 0.5, 1e-2),
        (Float(-1.0, 3.0), 0.25, 0.0),
        (Float(0.0, 1.0, step=0.3), 1.0, 0.9),
        (Int(1, 64, log=True), 1.0, 64),
        (Int(1, 64, log=True), 0.0, 1),
        (Int(0, 9, step=4), 0.99, 8),
        (Choice(["x", "y", "z"]), 0.5, "y"),
    ],
)
def test_values_stand_where_their_scale_says(domain: Domain, share: float, expected: object) -> None:
    assert value(one(domain), share) == pytest.approx(expected)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.booleans())
@example(0.07, 0.85, False)  # 0.07 + (0.92 - 0.07) is 0.9200000000000002
def test_the_ends_of_a_range_are_its_bounds(low: float, width: float, log: bool) -> None:
    low = abs(low) + 1e-6 if log else low
    domain = Float(low, low + width, log=log)
    assert value(one(domain), 1.0) == pytest.approx(domain.high)
    assert domain.contains(value(one(domain), 1.0))  # type: ignore[arg-type]
    assert domain.contains(value(one(domain), 0.0))  # type: ignore[arg-type]


def test_a_value_outside_its_domain_and_a_missing_one_are_nan() -> None:
    space = Space((Parameter("a", Int(0, 4)), Parameter("b", Choice([0, 1])), Parameter("c", Float(0, 1))))
    row = Cube(space).row({"a": 5, "b": True})
    assert np.isnan(row).all()


def test_a_condition_on_a_fixed_parent_is_decided_by_its_value() -> None:
    space = Space(
        (
            Parameter("mode", Fixed("on")),
            Parameter("kept", Float(0, 1), {"mode": ("on",)}),
            Parameter("kind", Choice(["only"]), {"mode": ("on",)}),
            Parameter("child", Choice([1, 2]), {"kind": ("only",)}),
        )
    )
    rows = Cube(space).draw(np.random.default_rng(0), 5)
    assert not np.isnan(rows).any()
    assert [p.name for p in Cube(space).columns] == ["kept", "child"]
