"""Whether a confirmation tells the truth: thousands of searches whose truth is known, confirmed by the code itself.

    python -m benchmarks.confirmation --runs 1000

A search is drawn: each trial has a true accuracy (a beta distribution), its model a seed that makes it better or worse,
every validation image is easy or hard for all models alike, and each answer is right or wrong by chance. The trial that
looks best is the naive winner. Then `Schedule` (successive rejects) trains the best trials again, chooses, trains the
choice with new seeds, and `estimate` judges these models on new test images: the same code as behind `search.confirm`,
with drawn answers instead of trained models.

    naive optimism  what the search saw of its best trial, less the true accuracy of that trial: mean
    naive covers    how often the 95 % interval (Wilson) of what the search saw holds that truth
    confirmed bias  the confirmed accuracy less the true one of the winner: mean
    confirmed covers  how often its 95 % interval holds the truth: should be 0.95
    best            how often the naive winner, and the confirmed one, is truly the best of the candidates
    said            the chance to be the best that the confirmation says of its winner: mean

The truth of a model whose skill and whose images are normal is a closed form: the mean of a normal's distribution
function over a normal is one again, Φ(m / √(1 + seeds² + images²)).
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from statistics import fmean
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

from search.runs.interval import wilson
from search.winner.confirmation.chance import chances
from search.winner.confirmation.estimate import Correct, estimate
from search.winner.confirmation.rejects import phases
from search.winner.confirmation.schedule import CHOICE, PlannedTraining, Schedule


@dataclass(frozen=True)
class World:
    """What searches are drawn from.

    ``better`` and ``worse`` are the parameters of the beta distribution of true accuracies; ``seeds`` and ``hardness``
    the standard deviations, on the probit scale, of a model's skill and of an image's ease.
    """

    trials: int = 40
    validation: int = 500
    test: int = 1000
    better: float = 40.0
    worse: float = 4.0
    seeds: float = 0.05
    hardness: float = 1.0
    top: int = 5
    trainings: int = 25
    tests: int = 5


WORLDS: Mapping[str, World] = {
    "as the defaults": World(),
    "few images": World(validation=150, test=200),
    "many images, noisy seeds": World(validation=5000, test=10_000, seeds=0.1),
    "close trials": World(better=400.0, worse=40.0),
    "three seeds": World(top=3, trainings=9, tests=3),
    "one seed": World(trainings=15, tests=1),
    "hard and easy images": World(hardness=3.0),
    "almost perfect": World(better=998.0, worse=2.0, hardness=3.0),
}


class Outcome(NamedTuple):
    """One search: what was seen, what is true."""

    naive_error: float
    naive_covers: bool
    naive_best: bool
    error: float
    covers: bool
    best: bool
    said: float


def simulate(world: World, rng: np.random.Generator, *, draws: int = 2000) -> Outcome:
    """Draw a search, confirm it.

    Args:
        world: what it is drawn from.
        rng: its chance.
        draws: of the simulation behind the chance to be the best.
    """
    truths = rng.beta(world.better, world.worse, world.trials)
    ease = rng.normal(0, world.hardness, world.validation)
    seen = _answers(world, rng, truths, ease).mean(axis=1)
    top = [int(trial) for trial in np.argsort(-seen, kind="stable")[: world.top]]
    naive = top[0]
    low, high = wilson(float(seen[naive]), world.validation)

    winner, chosen, said = _confirmed(world, rng, truths, ease, top=top, draws=draws)
    new = rng.normal(0, world.hardness, world.test)
    final = _answers(world, rng, np.repeat(truths[winner], world.tests), new)
    found = estimate(final, likewise=[chosen])
    truth, best = truths[winner], max(top, key=lambda trial: truths[trial])
    return Outcome(
        naive_error=float(seen[naive] - truths[naive]),
        naive_covers=bool(low <= truths[naive] <= high),
        naive_best=naive == best,
        error=float(found.mean - truth),
        covers=bool(found.low <= truth <= found.high),
        best=winner == best,
        said=said,
    )


def _answers(
    world: World, rng: np.random.Generator, truths: npt.NDArray[np.float64], ease: npt.NDArray[np.float64]
) -> Correct:
    """Draw whether models (S,) of such true accuracies are right about images (N,): (S, N)."""
    middle = ndtri(truths) * math.sqrt(1 + world.seeds**2 + world.hardness**2)
    skill = middle + rng.normal(0, world.seeds, len(truths))
    found: Correct = rng.random((len(truths), len(ease))) < ndtr(skill[:, None] + ease[None, :])
    return found


def _confirmed(
    world: World,
    rng: np.random.Generator,
    truths: npt.NDArray[np.float64],
    ease: npt.NDArray[np.float64],
    *,
    top: Sequence[int],
    draws: int,
) -> tuple[int, Correct, float]:
    """Train what the schedule says until it has chosen; return whom, its models' answers, its chance to be the best."""
    schedule = Schedule(tuple(top), phases(len(top), world.trainings), world.tests, epochs=1, seed=0)
    answers: dict[PlannedTraining, Correct] = {}
    scores: dict[PlannedTraining, float | None] = {}
    while (winner := schedule.winner(scores)) is None:
        for training in schedule.due(scores):
            answers[training] = _answers(world, rng, truths[[training.candidate]], ease)
            scores[training] = float(answers[training].mean())
    own = [np.concatenate([said for one, said in answers.items() if one.candidate == trial]) for trial in top]
    assert all(one.part == CHOICE for one in answers)
    place = top.index(winner)
    return winner, own[place], chances(own, draws=draws)[place]


def row(name: str, found: Sequence[Outcome]) -> str:
    """Return a line of the table."""
    mean = {field: fmean(float(getattr(one, field)) for one in found) for field in Outcome._fields}
    return (
        f"| {name} | {mean['naive_error']:+.4f} | {mean['naive_covers']:.3f} | {mean['error']:+.4f} | "
        f"{mean['covers']:.3f} | {mean['naive_best']:.2f}, {mean['best']:.2f} | {mean['said']:.2f} |"
    )


def described(world: World) -> str:
    """Return in which settings a world is not the usual one."""
    usual = World()
    other = [
        f"{field.name} {getattr(world, field.name):g}"
        for field in fields(World)
        if getattr(world, field.name) != getattr(usual, field.name)
    ]
    return f" ({', '.join(other)})" if other else ""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table, return the exit code."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.confirmation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--runs", type=int, default=1000, metavar="N", help="searches in each world (1000)")
    made.add_argument("--seed", type=int, default=0, metavar="S", help="of all that is drawn (0)")
    arguments = made.parse_args(argv)
    print(f"{arguments.runs:,} searches in each world, seed {arguments.seed}; the usual one: {World()}\n")
    print("| world | naive optimism | naive covers | confirmed bias | confirmed covers | best | said |")
    print("|---|---|---|---|---|---|---|")
    for name, world in WORLDS.items():
        rng = np.random.default_rng(arguments.seed)
        found = [simulate(world, rng) for _ in range(arguments.runs)]
        print(row(f"{name}{described(world)}", found), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
