"""What a search has spent: against sums by hand, for stints on one GPU, on shares, on CPUs, orphaned and under way."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.plan.sections import BudgetPlan
from search.runs.record import RecordedReport, Stint, TrialRecord
from search.runs.spending import Spent, spent

HOUR = 3600.0
PRICES = {"g6.2xlarge": 0.98, "local": 0.10}


def trial(number: int, *stints: Stint, steps: int = 0, seconds: float = 0.0) -> TrialRecord:
    """Return a trial whose epochs were all trained in its last attempt, in so many seconds."""
    attempt = stints[-1].attempt
    reports = {
        n: RecordedReport(n, n, 0.5, seconds * n / steps, attempt, None, "continue")
        for n in range(1, steps + 1)
    }
    values = dict.fromkeys(reports, 0.5)
    return TrialRecord(number, "running", {}, reports, stints, values=values)


def sum_of(*trials: TrialRecord, now: float | None = 10 * HOUR, **limits: float) -> Spent:
    budget = BudgetPlan.model_validate(limits)
    return spent(list(trials), budget=budget, prices=PRICES, now=now)


def test_a_share_of_a_gpu_costs_its_share_of_the_node() -> None:
    stint = Stint(1, 0.0, node="n", node_type="g6.2xlarge", gpus=0.5, share=0.125).ended(
        "stopped", at=2 * HOUR
    )
    found = sum_of(trial(0, stint, steps=3))
    assert found == Spent(3, 1.0, pytest.approx(2 * 0.125 * 0.98), (), {})


def test_a_stint_under_way_counts_up_to_now_and_one_that_waits_for_a_worker_nothing() -> None:
    runs = Stint(1, 9 * HOUR, node="n", node_type="g6.2xlarge", gpus=1.0, share=1.0)
    waits = Stint(1, 0.0)
    found = sum_of(trial(0, runs), trial(1, waits))
    assert (found.gpu_hours, found.cost) == (pytest.approx(1.0), pytest.approx(0.98))


def test_the_time_until_a_dead_driver_is_resumed_costs_nothing() -> None:
    """Its stints end in the record when somebody resumes it, here after a hundred hours."""
    stint = Stint(1, 0.0, node="n", gpus=1.0, share=1.0).ended("orphaned", at=100 * HOUR)
    found = sum_of(trial(0, stint, steps=4, seconds=1800.0), now=200 * HOUR)
    assert found.gpu_hours == pytest.approx(0.5)
    unseen = replace(stint, end=None, ending=None)
    found = sum_of(trial(0, unseen, steps=4, seconds=1800.0), now=None)
    assert found.gpu_hours == pytest.approx(0.5)


def test_a_node_without_a_price_is_named_and_one_without_a_type_is_this_machine() -> None:
    odd = Stint(1, 0.0, node="n", node_type="p5.48xlarge", share=0.5).ended("stopped", at=HOUR)
    here = Stint(1, 0.0, node="m", share=0.5).ended("stopped", at=HOUR)
    found = sum_of(trial(0, odd), trial(1, here))
    assert found.unpriced == ("p5.48xlarge",)
    assert found.cost == pytest.approx(0.05)


def test_a_clock_that_was_set_back_between_two_drivers_makes_no_time_negative() -> None:
    stint = Stint(1, 5 * HOUR, node="n", gpus=1.0, share=1.0).ended("crashed", at=4 * HOUR)
    assert sum_of(trial(0, stint)).gpu_hours == 0.0


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"total_epochs": 3}, "the budget of 3 epochs in all is used up"),
        ({"gpu_hours": 2.0}, "the budget of 2 GPU-hours is used up"),
        ({"cost": 1.5}, "the budget of 1.5 in money is used up"),
        ({"total_epochs": 4, "gpu_hours": 2.1, "cost": 2.0}, ""),
        ({}, ""),
    ],
)
def test_the_budget_that_is_used_up_is_named(limits: dict[str, float], said: str) -> None:
    stint = Stint(1, 0.0, node="n", node_type="g6.2xlarge", gpus=1.0, share=1.0).ended("stopped", at=2 * HOUR)
    assert sum_of(trial(0, stint, steps=3), **limits).used_up() == said


@given(
    times=st.lists(
        st.tuples(st.floats(0, 1e6), st.floats(0, 1e5), st.sampled_from([0.0, 0.25, 1.0, 4.0])), max_size=8
    )
)
def test_hours_add_up_over_stints_of_any_length(times: list[tuple[float, float, float]]) -> None:
    trials = [
        trial(n, Stint(1, start, node="n", gpus=gpus, share=0.5).ended("stopped", at=start + length))
        for n, (start, length, gpus) in enumerate(times)
    ]
    by_hand = sum(length * gpus for _, length, gpus in times) / HOUR
    assert sum_of(*trials, now=2e6).gpu_hours == pytest.approx(by_hand, abs=1e-6)
