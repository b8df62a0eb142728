"""A space concluded from points holds all of them, and says no more than they do."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from search.plan.domain import Choice, Fixed, Float, Int
from search.runs.observed_space import MOST_CHOICES, observed_space, points_in

VALUES = st.one_of(
    st.booleans(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**60), 2**60),
    st.text(max_size=3),
    st.none(),
)
POINTS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), max_size=8)


@settings(deadline=None)
@given(points=POINTS)
def test_every_value_that_was_seen_is_one_of_its_parameter(points: list[dict[str, object]]) -> None:
    space = observed_space(points)  # type: ignore[arg-type]
    for point in points_in(space, points):  # type: ignore[arg-type]
        for name, value in point.items():
            if name in space and value is not None and not (isinstance(value, int) and abs(value) > 2**53):
                assert space[name].domain.contains(value), (name, value)


def test_ranges_choices_and_fixed_values_are_told_apart() -> None:
    points = [
        {
            "lr": 10.0**-k,
            "width": 2.0**k,
            "dropout": k / 10,
            "opt": "ab"[k % 2],
            "flip": k > 2,
            "data": "mnist",
        }
        for k in range(5)
    ]
    space = observed_space(points)
    assert {parameter.name: parameter.domain for parameter in space.parameters} == {
        "lr": Float(1e-4, 1.0, log=True),
        "width": Int(1, 16),
        "dropout": Float(0.0, 0.4),
        "opt": Choice(["a", "b"]),
        "flip": Choice([False, True]),
        "data": Fixed("mnist"),
    }
    assert points_in(space, points)[1]["width"] == 2
    assert isinstance(points_in(space, points)[1]["width"], int)


def test_names_of_runs_are_no_choice() -> None:
    points = [{"path": f"/runs/{number}", "x": number} for number in range(MOST_CHOICES + 1)]
    assert observed_space(points).names() == ("x",)
