"""The forecast holds what it says: on simulated searches, and on our own trainer's recorded curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from search.plan.sections import ObjectivePlan
from search.runs.forecast import Forecast, Prospect, forecast, resolvable, searched
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, Status, Stint, TrialRecord

ACCURACY = ObjectivePlan.model_validate("val/accuracy")
LOSS = ObjectivePlan.model_validate("val/loss")
CURVES = Path(__file__).parents[2] / "benchmarks" / "data" / "digits_curves.npz"
Array = npt.NDArray[np.float64]


def trial(
    number: int, start: float, end: float | None, score: float, *, step: int = 9, status: Status = "completed"
) -> TrialRecord:
    return TrialRecord(number, status, {}, {}, (Stint(1, start, end=end),), values={step: score})


def one_after_the_other(scores: Sequence[float], each: float = 30.0) -> list[TrialRecord]:
    return [trial(n, n * each, (n + 1) * each, float(score)) for n, score in enumerate(scores)]


def uniform(rng: np.random.Generator, size: int) -> Array:
    return rng.random(size)


def normal(rng: np.random.Generator, size: int) -> Array:
    return 0.5 + 0.05 * rng.normal(size=size)


def mixed(rng: np.random.Generator, size: int) -> Array:
    """A third of the trials are of a better kind, as one optimizer among three."""
    good = rng.random(size) < 1 / 3
    return np.where(good, rng.normal(0.9, 0.01, size), rng.normal(0.7, 0.05, size))


def counted(rng: np.random.Generator, size: int) -> Array:
    """Accuracies on 288 images, near their ceiling, with many ties."""
    return rng.binomial(288, np.clip(0.98 - 0.03 * rng.exponential(size=size), 0, 1)) / 288


@pytest.mark.parametrize("draw", [uniform, normal, mixed, counted])
@pytest.mark.parametrize("size", [6, 20, 80])
def test_the_interval_covers_the_truth_as_often_as_it_says(
    draw: Callable[[np.random.Generator, int], Array], size: int
) -> None:
    """Exchangeable scores, as much time again: of 100 intervals of 90 %, 84 or more hold it."""
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(100):
        ends = np.cumsum(rng.exponential(30.0, size))
        starts = np.concatenate([[0.0], ends[:-1]])
        scores = draw(rng, size)
        records = [
            trial(n, start, end, float(score))
            for n, (start, end, score) in enumerate(zip(starts, ends, scores, strict=True))
        ]
        hour = forecast(records, epochs=9, objective=ACCURACY).hour
        assert hour is not None
        later = draw(rng, rng.poisson(hour.seconds / 30.0))
        truth = max(later.max(initial=-math.inf) - scores.max(), 0.0)
        covered += hour.low - 1e-12 <= truth <= hour.high + 1e-12
    assert covered >= 84


def simulated(order: Array, accuracy: Array, seconds: Array) -> list[TrialRecord]:
    """Return a search with ASHA's stopping rule on recorded curves, one worker: written as plainly as can be."""
    standing: dict[int, list[float]] = {3: [], 9: []}
    records: list[TrialRecord] = []
    now = 0.0
    for number, row in enumerate(order):
        status, epochs = "completed", 27
        for rung, values in standing.items():
            values.append(accuracy[row, rung - 1])
            if values[-1] < sorted(values, reverse=True)[max(len(values) // 3, 1) - 1]:
                status, epochs = "stopped", rung
                break
        start, now = now, now + float(seconds[row, epochs - 1])
        score = float(accuracy[row, epochs - 1])
        records.append(trial(number, start, now, score, step=epochs, status=status))  # type: ignore[arg-type]
    return records


def test_it_holds_on_recorded_curves_under_asha_and_its_advice_to_stop_is_seldom_wrong() -> None:
    """Adaptive stopping selects who completes; the forecast must stand it."""
    with np.load(CURVES, allow_pickle=False) as arrays:
        accuracy, seconds = arrays["accuracy"].astype(float), arrays["seconds"].astype(float)
    rng = np.random.default_rng(0)
    judged = covered = stops = wrong = 0
    for _ in range(60):
        records = simulated(rng.permutation(len(accuracy))[:240], accuracy, seconds)
        past, coming = records[:64], records[64:]
        found = forecast(past, epochs=27, objective=ACCURACY, images=288)
        if found.hour is None or found.resolvable is None:
            continue
        until = searched(past) + found.hour.seconds
        best = max(r.values[27] for r in past if r.status == "completed")
        later = [r.values[27] for r in coming if r.status == "completed" and (r.stints[0].end or 0) <= until]
        truth = max(max(later, default=0.0) - best, 0.0)
        judged += 1
        covered += found.hour.low - 1e-12 <= truth <= found.hour.high + 1e-12
        stops += found.advice == "stop"
        wrong += found.advice == "stop" and truth > found.resolvable
    assert judged >= 50
    assert covered >= 0.88 * judged
    assert stops >= 20
    assert wrong <= 0.05 * stops


def test_a_lower_loss_is_better_and_none_is_below_zero() -> None:
    rng = np.random.default_rng(1)
    losses = 0.001 + 0.01 * rng.random(30)
    found = forecast(one_after_the_other(list(losses)), epochs=9, objective=LOSS, images=100)
    assert found.hour is not None
    assert 0 < found.hour.high <= losses.min()
    assert found.resolvable == pytest.approx(losses.min() / 10)


def test_no_accuracy_is_above_one() -> None:
    found = forecast(one_after_the_other([0.9, 0.92, 0.95, 0.97, 0.99, 1.0]), epochs=9, objective=ACCURACY)
    assert found.hour == Prospect(180.0, found.hour.completions if found.hour else 0, 0.0, 0.0, 0.0, 0.0)


def test_only_full_trainings_count_and_below_five_it_is_too_early() -> None:
    four = one_after_the_other([0.5, 0.6, 0.7, 0.8])
    others = [
        trial(4, 0.0, 1.0, 0.9, step=3, status="stopped"),
        trial(5, 0.0, 1.0, 0.9, step=3),  # completed at an earlier, shorter horizon
        trial(6, 0.0, None, 0.9, status="running"),
        TrialRecord(7, "completed", {}, {}, (), values={9: 0.9}),  # of another program: no times
        TrialRecord(8, "rejected", {}, {}, ()),
    ]
    found = forecast([*four, *others], epochs=9, objective=ACCURACY, left=3)
    assert found == Forecast(4)
    assert found.advice == "too early"
    assert forecast([], epochs=9, objective=ACCURACY).advice == "too early"


def test_a_training_that_patience_ended_counts_as_the_whole_one_that_it_stands_for() -> None:
    """Where patience ends most trainings there would else be no forecast at all."""
    scores = list(np.random.default_rng(0).random(20))
    whole = one_after_the_other(scores)
    early = [
        replace(
            record,
            values={4: record.values[9]},
            reports={4: RecordedReport(4, 4, record.values[9], 30.0, 1, None, "stop", skipped=5)},
        )
        for record in whole
    ]
    assert forecast(early, epochs=9, objective=ACCURACY, left=5) == forecast(
        whole, epochs=9, objective=ACCURACY, left=5
    )
    assert forecast(early, epochs=12, objective=ACCURACY) == Forecast(0)  # of an earlier, shorter horizon


def test_the_best_of_all_is_to_be_beaten_also_where_its_time_is_unknown() -> None:
    records = one_after_the_other([0.5, 0.6, 0.7, 0.75, 0.8])
    known = forecast(records, epochs=9, objective=ACCURACY).hour
    copied = TrialRecord(9, "completed", {}, {}, (), values={9: 0.999})
    found = forecast([*records, copied], epochs=9, objective=ACCURACY).hour
    assert known is not None
    assert found is not None
    assert found.chance < known.chance
    assert found.high <= 0.001 + 1e-12


def test_the_same_records_give_the_same_forecast() -> None:
    records = one_after_the_other(list(np.random.default_rng(0).random(20)))
    first, again = (forecast(records, epochs=9, objective=ACCURACY, left=5) for _ in range(2))
    assert first == again


def test_as_much_time_again_is_as_far_as_it_looks_and_never_beyond_an_hour() -> None:
    scores = list(np.random.default_rng(0).random(20))
    short = forecast(one_after_the_other(scores, each=10.0), epochs=9, objective=ACCURACY).hour
    long = forecast(one_after_the_other(scores, each=900.0), epochs=9, objective=ACCURACY).hour
    assert short is not None
    assert long is not None
    assert (short.seconds, long.seconds) == (200.0, 3600.0)
    assert short.completions == pytest.approx(20, rel=0.1)
    assert long.completions == pytest.approx(4, rel=0.1)


def test_the_later_half_of_the_trials_stands_for_those_to_come() -> None:
    """Of 120 the last 60 took 40 · 30 s + 20 · 60 s; the first 60, slower and better, only set what is to be beaten."""
    each = [300.0] * 60 + [30.0] * 40 + [60.0] * 20
    ends = np.cumsum(each)
    scores = [0.9] * 60 + list(np.random.default_rng(0).uniform(0.4, 0.5, 60))
    records = [
        trial(n, end - long, end, s) for n, (end, long, s) in enumerate(zip(ends, each, scores, strict=True))
    ]
    hour = forecast(records, epochs=9, objective=ACCURACY).hour
    assert hour is not None
    assert hour.completions == pytest.approx(3600 * 60 / 2400, rel=0.05)
    assert hour.chance < 0.01


def test_the_rest_of_the_budget_completes_at_the_rate_of_late_and_is_what_is_decided_on_where_it_is_shorter() -> (
    None
):
    full = one_after_the_other(list(np.random.default_rng(0).random(20)), each=30.0)
    stopped = [trial(100 + n, 0.0, 1.0, 0.1, step=3, status="stopped") for n in range(40)]
    found = forecast([*full, *stopped], epochs=9, objective=ACCURACY, left=9)
    assert found.rest is not None
    assert found.rest.completions == pytest.approx(3.0, rel=0.1)  # a third of them
    assert found.rest.seconds == pytest.approx(90.0, rel=0.1)  # at one in 30 s
    assert found.ahead is found.rest
    assert forecast(full, epochs=9, objective=ACCURACY, left=1000).ahead != found.rest
    assert forecast(full, epochs=9, objective=ACCURACY, left=0).rest is None


def test_it_advises_to_stop_only_where_even_the_upper_end_cannot_be_seen() -> None:
    def found(high: float) -> str:
        return Forecast(9, Prospect(60.0, 5.0, high / 2, 0.0, high, 0.5), None, 0.006, 288).advice

    assert (found(0.0059), found(0.006)) == ("stop", "go on")


def test_time_is_counted_once_however_many_trials_ran_and_nights_are_left_out() -> None:
    records = [
        trial(0, 0.0, 10.0, 0.5),
        trial(1, 5.0, 12.0, 0.5),
        trial(2, 100.0, 103.0, 0.5),  # the next morning
        trial(3, 101.0, None, 0.5, status="running"),  # until the last time that is known
    ]
    assert searched(records) == 12.0 + 3.0
    assert searched(records, since=11.0) == 1.0 + 3.0
    assert searched([]) == 0.0


def test_what_can_be_seen_is_one_standard_error_of_the_best_score() -> None:
    share, loss = Scoring(), Scoring(maximize=False)
    plain = math.sqrt(0.9 * 0.1 / 10_000)
    assert resolvable(0.9, scoring=share, images=10_000) == pytest.approx(plain, rel=0.01)
    assert resolvable(1.0, scoring=share, images=288) > 0
    assert resolvable(0.5, scoring=loss, images=400) == 0.025
    assert resolvable(0.5, scoring=loss, images=None) == 0.005
