"""Expected improvement in high precision, and what is proposed on problems whose answer is known."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.integrate import quad

from search.plan.domain import Choice, Float, Int
from search.plan.parameter import Parameter
from search.plan.space import Space
from search.tuning.samplers.acquisition import BELIEVED, REMEMBERED, Acquisition, log_expected_improvement
from search.tuning.samplers.cube import Cube, Rows
from search.tuning.samplers.curve_model import Array, CurveModel, fitted, initial
from search.tuning.samplers.learning_set import Prior, learning_set, no_prior
from search.tuning.samplers.observations import Observations

SQUARE = Space((Parameter("x", Float(0.0, 1.0)), Parameter("y", Float(0.0, 1.0))))


def seen(points: Rows, values: Array, **parts: list[int]) -> Observations:
    """Points of which those that are in no part have a value at epoch 9, the only level."""
    taken = {index for some in parts.values() for index in some}
    trained = np.array([index for index in range(len(points)) if index not in taken])
    part = {name: np.array(parts.get(name, []), dtype=np.int64) for name in ("pending", "rejected", "failed")}
    return Observations(
        points,
        trained,
        np.full(len(trained), 9.0),
        values[trained],
        part["pending"],
        part["rejected"],
        part["failed"],
        np.zeros((len(points), 0)),
    )


def acquisition(space: Space, of: Observations, *, seed: int = 0, prior: Prior = no_prior) -> Acquisition:
    cube, rng = Cube(space), np.random.default_rng(seed)
    data = learning_set(of, (9,), prior, rng)
    hyper = fitted(data, cube.choices, initial(len(cube.columns)), steps=30)
    return Acquisition(CurveModel(data, cube.choices, hyper), cube, of, prior, rng)


def hill(points: Rows) -> Array:
    found: Array = -((points[:, 0] - 0.3) ** 2) - (points[:, 1] - 0.6) ** 2
    return found


def by_quadrature(z: float) -> float:
    """Log of the integral of t φ(t - z) over t > 0, without its factor φ(z), and in units of 1 / |z| below -1."""
    if z > 1:
        return math.log(z + math.exp(by_quadrature(-z)))
    unit = max(1.0, -z)
    integral, _ = quad(lambda s: s * math.exp(z / unit * s - 0.5 * (s / unit) ** 2), 0, math.inf, epsabs=0)
    return math.log(integral) - 2 * math.log(unit) - 0.5 * z**2 - 0.5 * math.log(2 * math.pi)


@pytest.mark.parametrize(
    "z", [-1e5, -1000.5, -999.5, -40, -12, -8.01, -8, -7.99, -3, -1, 0, 0.5, 2, 5, 10, 40]
)
def test_log_expected_improvement_is_exact_far_and_near(z: float) -> None:
    assert log_expected_improvement(np.array([z]))[0] == pytest.approx(by_quadrature(z), rel=1e-9, abs=1e-9)


def test_a_greater_promise_is_never_worth_less() -> None:
    """Also where the formulas meet, at -8 and at -1000."""
    for low, high in ((-40, 10), (-8.01, -7.99), (-1000.01, -999.99), (-1e6, -1.0)):
        found = log_expected_improvement(np.linspace(low, high, 20001))
        assert np.isfinite(found).all()
        assert (np.diff(found) > 0).all()


@pytest.mark.parametrize("seed", range(4))
def test_on_a_quadratic_the_next_point_lies_at_the_top(seed: int) -> None:
    points = np.random.default_rng(seed).random((25, 2))
    row = acquisition(SQUARE, seen(points, hill(points)), seed=seed).best()
    assert row is not None
    assert math.dist(row, (0.3, 0.6)) < 0.15


def test_the_proposal_is_better_than_all_that_a_grid_finds_nearly() -> None:
    """The search for the maximum: no point of a fine grid has a clearly greater expected improvement."""
    points = np.random.default_rng(5).random((12, 2))
    asked = acquisition(SQUARE, seen(points, hill(points)))
    row = asked.best()
    assert row is not None
    sides = np.linspace(0, 1, 60)
    grid = np.array([(x, y) for x in sides for y in sides])
    assert asked._worth(row[None])[0] > asked._worth(grid).max() - 0.05


@pytest.mark.parametrize("step", [0.03, 5.0])
def test_the_proposal_is_the_best_of_all_candidates(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    """Also where the rounds find nothing better than what they began with."""
    monkeypatch.setattr("search.tuning.samplers.acquisition.ROUNDS", (step, step))
    worth = Acquisition._worth
    for seed in range(6):
        points = np.random.default_rng(seed).random((12, 2))
        asked = acquisition(SQUARE, seen(points, hill(points)), seed=seed)
        found: list[float] = []

        def note(self: Acquisition, rows: Rows, into: list[float] = found) -> Array:
            into.extend(worth(self, rows))
            return worth(self, rows)

        monkeypatch.setattr(Acquisition, "_worth", note)
        row = asked.best()
        monkeypatch.setattr(Acquisition, "_worth", worth)
        assert row is not None
        assert asked._worth(row[None])[0] == pytest.approx(max(found), abs=1e-9)


def test_expected_improvement_is_that_of_the_normal_distribution_over_the_best_mean() -> None:
    """By drawing: the mean of max(0, value - incumbent), the incumbent being the best mean of the trials."""
    points = np.random.default_rng(6).random((6, 2))
    asked = acquisition(SQUARE, seen(points, hill(points)))
    rows = np.random.default_rng(7).random((40, 2))
    mean, deviation = asked._model.predict(rows, np.zeros(40))
    incumbent = asked._model.mean(points, np.zeros(6)).max()
    likely = np.flatnonzero(mean > incumbent - 2 * deviation)
    assert len(likely) > 5
    rows, mean, deviation = rows[likely], mean[likely], deviation[likely]
    drawn = mean + deviation * np.random.default_rng(8).standard_normal((200_000, len(likely)))
    expected = np.log(np.maximum(drawn - incumbent, 0).mean(axis=0))
    np.testing.assert_allclose(asked._worth(rows), expected, atol=0.1)


def test_what_is_being_trained_is_believed_and_the_next_one_lies_elsewhere() -> None:
    points = np.random.default_rng(1).random((10, 2)) * 0.6
    values = hill(points)
    far = np.array([[0.95, 0.95]])
    alone = acquisition(SQUARE, seen(points, values))
    beside = seen(np.concatenate([points, far]), np.append(values, 0.0), pending=[10])
    asked = acquisition(SQUARE, beside)
    assert asked._worth(far - 1e-3)[0] < alone._worth(far - 1e-3)[0] - 1
    first = alone.best()
    assert first is not None
    both = seen(np.concatenate([points, first[None]]), np.append(values, 0.0), pending=[10])
    second = acquisition(SQUARE, both).best()
    assert second is not None
    assert math.dist(first, second) > 0.01


def test_no_more_than_the_newest_pending_trials_are_believed() -> None:
    points = np.random.default_rng(2).random((100, 2))
    asked = acquisition(SQUARE, seen(points, hill(points), pending=list(range(10, 100))))
    assert len(asked._model.data.y) == 10 + BELIEVED
    np.testing.assert_array_equal(asked._model.data.x[-BELIEVED:], points[-BELIEVED:])


FINITE = Space((Parameter("kind", Choice(["a", "b", "c"])), Parameter("n", Int(0, 3), {"kind": ("a", "b")})))


@pytest.mark.parametrize("part", ["", "pending", "rejected", "failed"])
def test_in_a_finite_space_what_was_tried_is_not_proposed_while_others_are_left(part: str) -> None:
    """Nine configurations, whatever became of those that were tried; None after the last one."""
    cube = Cube(FINITE)
    every = np.array([cube.row(point) for point in FINITE.enumerate()])
    order = np.random.default_rng(0).permutation(9)
    for count in range(2, 10):
        tried = every[order[:count]]
        parts = {part: [count - 1]} if part else {}
        row = acquisition(FINITE, seen(tried, np.arange(count, dtype=float), **parts)).best()
        if count == 9:
            assert row is None
        else:
            assert row is not None
            point = cube.point(row)
            assert FINITE.check(point) == []
            assert point not in [cube.point(had) for had in tried]


def test_proposals_are_canonical_and_near_ones_keep_most_of_their_center() -> None:
    ranges = [Parameter(f"x{n}", Float(0, 1)) for n in range(4)]
    space = Space((*ranges, Parameter("c", Choice(["a", "b", "c", "d"])), Parameter("n", Int(0, 4))))
    cube = Cube(space)
    points = cube.draw(np.random.default_rng(0), 10)
    asked = acquisition(space, seen(points, points[:, 0]))
    near = asked._near(points[:1], 2000, 0.05, share=0.4)
    np.testing.assert_allclose(cube.canonical(near), near, atol=1e-12)
    moved = near != points[0]
    assert abs(moved[:, :4].mean() - 0.4) < 0.03
    steps = (near - points[0])[:, :4][moved[:, :4]]
    inside = abs(points[0, :4] - 0.5) < 0.35
    assert abs(steps).max() < 0.3
    assert (near - points[0])[:, :4][:, inside][moved[:, :4][:, inside]].std() == pytest.approx(
        0.05, abs=0.005
    )
    # A choice jumps half as often, and to itself once in four.
    assert abs(moved[:, 4].mean() - 0.4 / 2 * 3 / 4) < 0.03


def test_a_single_parameter_is_always_moved() -> None:
    one = Space((Parameter("x", Float(0, 1)),))
    points = np.array([[0.5], [0.2]])
    near = acquisition(one, seen(points, points[:, 0]))._near(points[:1], 500, 0.05, share=0.4)
    assert (near != 0.5).all()


def test_what_was_inactive_at_the_center_begins_anywhere() -> None:
    space = Space((Parameter("c", Choice(["a", "b"])), Parameter("x", Float(0, 1), {"c": ("b",)})))
    points = np.array([[0.25, math.nan], [0.75, 0.9], [0.25, math.nan]])
    near = acquisition(space, seen(points, np.arange(3.0)))._near(points[:1], 4000, 0.01, share=0.4)
    begun = near[near[:, 0] > 0.5, 1]
    assert len(begun) > 200
    assert abs(np.quantile(begun, [0.25, 0.5, 0.75]) - [0.25, 0.5, 0.75]).max() < 0.08
    assert np.isnan(near[near[:, 0] < 0.5, 1]).all()


@pytest.mark.parametrize("column", [0, 1])
def test_what_a_constraint_rejects_is_learned_by_the_parameter_that_it_is_about(column: int) -> None:
    """Of 40 points the upper half of one column was rejected; the probabilities are those of the other half's."""
    points = np.random.default_rng(3).random((40, 2))
    rejected = np.flatnonzero(points[:, column] > 0.5).tolist()
    asked = acquisition(SQUARE, seen(points, hill(points), rejected=rejected))
    others = np.random.default_rng(4).random((200, 2))
    share = np.exp(asked._log_allowed(others))
    assert ((share >= 0) & (share <= 1)).all()
    clear = abs(others[:, column] - 0.5) > 0.1
    assert ((share > 0.5) == (others[:, column] < 0.5))[clear].all()
    assert share[others[:, column] > 0.8].max() < 0.05


def test_without_a_rejected_trial_everything_is_allowed() -> None:
    points = np.random.default_rng(3).random((10, 2))
    asked = acquisition(SQUARE, seen(points, hill(points)))
    assert not asked._log_allowed(points).any()


def test_the_top_is_left_for_what_is_allowed() -> None:
    """The best region is rejected: what is proposed lies outside, near its border."""
    points = np.random.default_rng(5).random((40, 2))
    rejected = np.flatnonzero(points[:, 0] < 0.5).tolist()
    for seed in range(4):
        row = acquisition(SQUARE, seen(points, hill(points), rejected=rejected), seed=seed).best()
        assert row is not None
        assert 0.45 < row[0] < 0.7
        assert abs(row[1] - 0.6) < 0.2


def test_what_is_allowed_is_learned_from_the_newest_of_both() -> None:
    points = np.random.default_rng(6).random((400, 2))
    asked = acquisition(SQUARE, seen(points, hill(points), rejected=list(range(0, 400, 2))))
    assert asked._feasible is not None
    learned = asked._feasible.data
    assert sorted(learned.trial.tolist()) == list(range(400 - 2 * REMEMBERED, 400))
    np.testing.assert_array_equal(learned.y, np.where(learned.trial % 2, 1.0, -1.0))
    np.testing.assert_array_equal(learned.x, points[learned.trial])


def test_the_leaders_are_the_best_by_their_means_each_trial_once() -> None:
    points = np.random.default_rng(4).random((20, 2))
    asked = acquisition(SQUARE, seen(points, hill(points)))
    means = asked._model.mean(points, np.zeros(20))
    np.testing.assert_array_equal(asked._leaders, points[np.argsort(-means)[:8]])
    assert asked._incumbent == pytest.approx(means.max())


def test_what_earlier_searches_say_moves_the_proposal() -> None:
    """Two values say little; a prior that they agree with says where the top is."""

    def says(top: float) -> Callable[[Rows], Rows]:
        return lambda rows: 2 - 8 * np.abs(rows[:, 0] - top)

    for top in (0.2, 0.8):
        points = np.array([[0.4, 0.5], [0.6, 0.5], [0.05, 0.1], [0.95, 0.9]])
        asked = acquisition(SQUARE, seen(points, says(top)(points)), prior=says(top))
        row = asked.best()
        assert row is not None
        assert abs(row[0] - top) < 0.15
