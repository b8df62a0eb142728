"""A confirmation tells the truth of 1,000 searches whose truth is known, where the naive figure does not."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import fmean

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from benchmarks.confirmation import WORLDS, World, main, simulate

RUNS = 1000


@pytest.mark.parametrize(
    ("world", "optimism"),
    [(World(), 0.003), (World(better=400, worse=40), 0.01)],
    ids=["as the defaults", "close trials"],
)
def test_the_interval_covers_the_truth_and_the_naive_figure_is_optimistic(
    world: World, optimism: float
) -> None:
    rng = np.random.default_rng(20)
    found = [simulate(world, rng, draws=50) for _ in range(RUNS)]
    assert 0.93 <= fmean(one.covers for one in found) <= 0.97
    assert fmean(one.naive_error for one in found) > optimism
    assert abs(fmean(one.error for one in found)) < 0.0015
    assert fmean(one.best for one in found) > fmean(one.naive_best for one in found) + 0.1


def test_the_chance_to_be_the_best_is_what_it_says() -> None:
    rng = np.random.default_rng(5)
    found = [simulate(World(), rng, draws=500) for _ in range(400)]
    share = fmean(one.best for one in found)
    assert fmean(one.said for one in found) == pytest.approx(
        share, abs=3 * math.sqrt(share * (1 - share) / 400)
    )


def test_the_truth_of_the_simulation_is_the_mean_over_seeds_and_images() -> None:
    world, truth = World(seeds=0.3, hardness=1.2), 0.9
    middle = norm.ppf(truth) * math.sqrt(1 + world.seeds**2 + world.hardness**2)
    spread = math.hypot(world.seeds, world.hardness)
    mean, _ = quad(lambda z: norm.cdf(middle + spread * z) * norm.pdf(z), -8, 8)
    assert mean == pytest.approx(truth, abs=1e-6)


def test_the_command_prints_a_row_for_each_world(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--runs", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("| ") for line in lines) == 1 + len(WORLDS)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["few images", "three seeds", "one seed", "many images, noisy seeds", "almost perfect"]
)
def test_in_harder_worlds_the_interval_is_rather_too_wide(name: str) -> None:
    rng = np.random.default_rng(7)
    world = replace(WORLDS[name], test=min(1000, WORLDS[name].test))
    found = [simulate(world, rng, draws=10) for _ in range(300)]
    assert fmean(one.covers for one in found) >= 0.93
