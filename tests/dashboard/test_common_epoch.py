"""Equal epochs: which are offered, and which are taken at first."""

from __future__ import annotations

import numpy as np

from dashboard.prepare.common_epoch import Reached, offered, telling, values_at, widest
from tests.dashboard.tables import make_table


def ladder(standing: dict[int, int], last: int) -> np.ndarray:
    """Return values (trials, last) of trials of which so many reach an epoch."""
    reach = np.array(
        [max(epoch for epoch, count in standing.items() if trial < count) for trial in range(standing[1])]
    )
    return np.where(np.arange(1, last + 1) <= reach[:, None], 0.5, np.nan)


def test_every_epoch_is_offered_with_the_number_of_its_trials() -> None:
    table = make_table((), {}, ladder({1: 9, 3: 3, 9: 1}, 9))
    found = offered(table, np.ones(9, dtype=np.bool_))
    assert [(one.epoch, one.trials) for one in found] == [
        (1, 9),
        (2, 3),
        (3, 3),
        *((e, 1) for e in range(4, 10)),
    ]


def test_of_very_many_epochs_those_where_trials_end_are_kept() -> None:
    values = ladder({1: 90, 333: 30, 1000: 10}, 1000)
    found = offered(make_table((), {}, values), np.ones(90, dtype=np.bool_))
    assert {1, 333, 1000} <= {one.epoch for one in found}
    assert len(found) <= 60


def test_the_widest_epoch_is_the_last_that_nearly_all_reached() -> None:
    assert widest((Reached(1, 100), Reached(2, 96), Reached(3, 40))) == 2
    assert widest(()) is None


def test_the_telling_epoch_is_late_and_still_has_many_trials() -> None:
    assert telling((Reached(1, 300), Reached(3, 100), Reached(9, 33))) == 3
    assert telling((Reached(2, 24), Reached(6, 8), Reached(9, 3))) == 2, "8 of 24 are a third, but too few"
    assert telling((Reached(1, 5),)) == 1
    assert telling(()) is None


def test_trials_that_do_not_count_have_no_value() -> None:
    table = make_table((), {}, [[0.1, 0.2], [0.3, np.nan], [0.5, 0.6]])
    found = values_at(table, 2, np.array([True, True, False]))
    np.testing.assert_array_equal(found, [0.2, np.nan, np.nan])
