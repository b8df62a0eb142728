"""Stints over workers, by hand and against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.charts.palette import LIGHT
from dashboard.charts.timeline_chart import height_of, timeline_chart, unit_of
from dashboard.prepare.timeline import LASTS, Timeline, busy_workers, covered, lanes, pauses, timeline, use
from search.runs.record import Stint
from tests.dashboard.records import curve, report, trial

SPANS = st.lists(
    st.tuples(st.integers(0, 50), st.integers(1, 20), st.sampled_from("ab")), min_size=1, max_size=25
)

SHORT = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2), st.just("a")), min_size=1, max_size=6)
"""Also stints of no length, such as those under way when a driver was killed."""


def stints(spans: list[tuple[int, int, str]]) -> list[Stint]:
    made = [Stint(1, float(start), device=device, end=float(start + took)) for start, took, device in spans]
    return sorted(made, key=lambda stint: stint.start)


def of(spans: list[tuple[int, int, str]]) -> Timeline:
    found = timeline([curve(i, [], stints=[stint]) for i, stint in enumerate(stints(spans))], now=0.0)
    assert found is not None
    return found


@given(SPANS)
def test_no_two_stints_overlap_in_a_row_and_no_row_is_needless(spans: list[tuple[int, int, str]]) -> None:
    known = stints(spans)
    rows, names = lanes(known, np.array([stint.end for stint in known]))
    for i, (one, row) in enumerate(zip(known, rows, strict=True)):
        for other, same in zip(known[i + 1 :], rows[i + 1 :], strict=True):
            assert row != same or other.start >= (one.end or 0) or one.start >= (other.end or 0)
    most = {
        device: max(sum(s.start <= t < (s.end or 0) and s.device == device for s in known) for t in range(75))
        for device in {stint.device for stint in known}
    }
    assert len(names) == sum(most.values())


@given(SPANS)
def test_busy_and_covered_time_are_those_of_a_loop_over_seconds(spans: list[tuple[int, int, str]]) -> None:
    found = of(spans)
    known = stints(spans)
    first, last = min(s.start for s in known), max(s.end or 0 for s in known)
    running = [sum(s.start <= t < (s.end or 0) for s in known) for t in range(int(first), int(last))]
    assert use(found).busy == pytest.approx(sum(running) / len(running) / len(found.workers))
    assert use(found).paused == pytest.approx(running.count(0))
    _, means = busy_workers(found, bins=len(running))
    np.testing.assert_allclose(means, running, atol=1e-6)


def test_a_pause_of_the_whole_search_is_told_and_left_out_where_that_is_said() -> None:
    """Ten seconds of work, ninety of night, ten of work: on one worker."""
    found = use(of([(0, 10, "a"), (100, 10, "a")]))
    assert (found.seconds, found.paused) == (110, 90)
    assert found.busy == pytest.approx(20 / 110)
    assert found.active == 1


def test_a_long_pause_is_left_out_of_the_picture_and_a_short_one_is_not() -> None:
    found = of([(0, 10, "a"), (11, 9, "a"), (100, 10, "a")])
    assert pauses(found) == [(20, 100)]
    options = timeline_chart(found, busy_workers(found), pauses(found), palette=LIGHT)
    assert [(one["start"], one["end"]) for one in options["xAxis"][1]["breaks"]] == [(20, 100)]


@given(SPANS | SHORT, st.integers(1, 200))
def test_pauses_are_empty_and_nothing_is_lost_without_them(
    spans: list[tuple[int, int, str]], bins: int
) -> None:
    found = of(spans)
    left_out = pauses(found)
    edges, means = busy_workers(found, without=left_out, bins=bins)
    worked = (found.stints["end"] - found.stints["start"]).sum()
    assert (means * np.diff(edges)).sum() == pytest.approx(worked)
    for start, end in left_out:
        at = int(np.flatnonzero(np.isclose(edges, start))[-1])
        assert edges[at + 1] == pytest.approx(end)
        assert means[at] == pytest.approx(0, abs=1e-6)


def test_an_overlap_is_covered_once() -> None:
    assert covered(np.array([0.0, 1.0, 20.0]), np.array([10.0, 3.0, 21.0])) == 11


def test_restarts_are_shown_with_their_endings_and_what_they_trained() -> None:
    first = Stint(1, 100.0, host="h", device="cuda:0", end=110.0, ending="crashed")
    second = Stint(2, 120.0, host="h", device="cuda:0")
    known = trial(
        0,
        [report(1, 0.1, seconds=4.0), report(2, 0.2, seconds=9.0, attempt=2)],
        status="running",
        stints=[first, second],
    )
    found = timeline([known], now=150.0)
    assert found is not None
    assert found.workers == ("h cuda:0",)
    assert found.stints["ending"].tolist() == ["crashed", LASTS]
    assert found.stints["training"].tolist() == [4, 5]
    assert found.stints["end"].tolist() == [10, 50], "a stint that lasts goes on until now"
    assert use(found).interrupted == 1
    assert use(found).training == pytest.approx(9 / 40)


def test_a_stint_that_nobody_drives_any_more_has_no_length() -> None:
    found = timeline([curve(0, [], status="running", stints=[Stint(1, 100.0)])], now=0.0)
    assert found is not None
    assert found.stints["end"].tolist() == [0]
    assert use(found).busy == 0


def test_trials_without_stints_have_no_timeline_and_a_filter_keeps_the_rows() -> None:
    assert timeline([], now=0.0) is None
    found = of([(0, 10, "a"), (0, 10, "b")])
    assert found.of(np.array([False, False])) is None
    left = found.of(np.array([True, False]))
    assert left is not None
    assert left.workers == found.workers


@pytest.mark.parametrize(("seconds", "unit"), [(100, "seconds"), (3600, "minutes"), (86400, "hours")])
def test_time_is_shown_in_a_unit_that_fits(seconds: float, unit: str) -> None:
    assert unit_of(seconds)[0] == unit


def test_the_chart_has_a_series_for_each_ending_and_grows_with_the_workers() -> None:
    found = of([(0, 10, "a"), (5, 10, "a")])
    options = timeline_chart(found, busy_workers(found), [], palette=LIGHT)
    assert [series["name"] for series in options["series"]] == ["workers busy", "unknown ending"]
    boxes = options["dataset"][1]["source"]
    assert boxes["worker"] == ["a · 1", "a · 2"]
    assert boxes["took"].tolist() == [10, 10]
    assert height_of(2) < height_of(8) < height_of(24) == height_of(500)
