"""The random streams of a trial."""

from __future__ import annotations

import pytest
import torch

from search.training.randomness import Randomness, derived_seeds

CPU = torch.device("cpu")


def draws(randomness: Randomness) -> list[float]:
    """Draw from order, augmentation and dropout."""
    order = float(torch.rand(1, generator=randomness.order))
    augmentation = float(torch.rand(1, generator=randomness.augmentation))
    with randomness.isolated():
        return [order, augmentation, float(torch.rand(1))]


def test_streams_are_independent_and_follow_the_seed() -> None:
    first, second, other = draws(Randomness(0, CPU)), draws(Randomness(0, CPU)), draws(Randomness(1, CPU))
    assert first == second
    assert len(set(first + other)) == 6


def test_dropout_goes_on_where_it_was_and_weights_begin_again() -> None:
    randomness = Randomness(0, CPU)
    assert draws(randomness)[2] != draws(randomness)[2]
    weights = []
    for _ in range(2):
        with randomness.initial_weights():
            weights.append(float(torch.rand(1)))
    assert weights[0] == weights[1]


def _draw_and_fail() -> None:
    torch.rand(10)
    raise ValueError("in the middle of an epoch")


def test_the_global_generator_comes_back_even_after_an_error() -> None:
    randomness, before = Randomness(0, CPU), torch.get_rng_state()
    with pytest.raises(ValueError, match="in the middle"), randomness.isolated():
        _draw_and_fail()
    assert torch.equal(torch.get_rng_state(), before)


def test_a_state_restored_draws_the_same() -> None:
    first = Randomness(0, CPU)
    draws(first)
    second = Randomness(0, CPU)
    second.restore(first.state(), epoch=1)
    assert draws(second) == draws(first)


def test_a_trial_that_changes_its_kind_of_device_goes_on_with_streams_of_its_epoch() -> None:
    """A GPU's generator cannot be read here; new draws come from seed and epoch, the order goes on exactly."""
    first = Randomness(0, CPU)
    draws(first)
    state = {**first.state(), "device": "cuda", "augmentation": torch.zeros(16), "dropout": []}
    results = []
    for epoch in (1, 1, 2):
        second = Randomness(0, CPU)
        second.restore(state, epoch=epoch)
        results.append(draws(second))
    assert results[0] == results[1]
    assert results[0][0] == results[2][0] == draws(first)[0]
    assert results[0][1:] != results[2][1:]


def test_seeds_of_a_key_fit_into_a_generator_and_differ() -> None:
    seeds = [seed for key in range(50) for seed in derived_seeds(-3, key)]
    assert len(set(seeds)) == 200
    assert all(0 <= seed < 2**63 for seed in seeds)
