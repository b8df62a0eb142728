"""Costs and forecasts in words: the sentence is the one that the figures justify, the table fits 80 columns."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from search.costs import (
    advice_line,
    audit_text,
    forecast_line,
    forecast_text,
    hours_text,
    ledger_table,
    rungs_text,
)
from search.runs.audit import Audit
from search.runs.forecast import Forecast, Prospect
from search.runs.ledger import Cost, Ledger


def prospect(seconds: float, high: float) -> Prospect:
    return Prospect(seconds, 12.0, 0.00081, 0.0, high, 0.4)


HOUR = Forecast(40, prospect(3600.0, 0.00312), None, 0.0061, 288)
SHORT = Forecast(40, prospect(40.0, 0.00312), None, 0.01, None)
REST = Forecast(40, prospect(3600.0, 0.05), prospect(720.0, 0.0123), 0.0061, 288)


@pytest.mark.parametrize(
    ("forecast", "text"),
    [
        (
            HOUR,
            "The next hour is expected to improve the best by 0.0008 (90 %: 0 to 0.0031). "
            "One standard error on 288 images is 0.0061: more time is unlikely to show.",
        ),
        (
            SHORT,
            "As much time again (40 s) is expected to improve the best by 0.0008 (90 %: 0 to 0.0031). "
            "1 % of the score is 0.0100: more time is unlikely to show.",
        ),
        (
            REST,
            "The rest of the budget (about 12 min) is expected to improve the best by 0.0008 "
            "(90 %: 0 to 0.0123). That may be more than one standard error on 288 images, 0.0061: "
            "going on can pay.",
        ),
        (Forecast(3), "Too few completed trials (3) to say what more time would bring."),
    ],
)
def test_a_forecast_in_words(forecast: Forecast, text: str) -> None:
    assert forecast_text(forecast) == text


def test_the_lines_of_the_live_display_fit_70_columns() -> None:
    long = Forecast(40, prospect(3600.0, 0.05), prospect(3540.0, 0.0123), 0.0161, 1_281_167)
    for forecast in (HOUR, SHORT, REST, long):
        assert len(forecast_line(forecast)) <= 70
        assert len(advice_line(forecast)) <= 70
    assert advice_line(REST) == ""
    assert forecast_line(Forecast(3)) == advice_line(Forecast(3)) == ""


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (0, "0 s"),
        (0.5 / 60, "30 s"),
        (0.5, "30 min"),
        (1.0, "1.0 h"),
        (99.94, "99.9 h"),
        (12345.6, "12,346 h"),
    ],
)
def test_hours_in_words(hours: float, text: str) -> None:
    assert hours_text(hours) == text


def test_a_large_ledger_fits_80_columns() -> None:
    rung = Cost("100–200", 100_000, 1_234_567, 12345.6, 9_876_543, 98765.4)
    small, total = (
        Cost("cnn", 7, 30, 0.5, 4, 0.1),
        Cost("total", 100_000, 4_938_268, 49382.4, 9_876_543, 98765.4),
    )
    ledger = Ledger("worker-hours", total, (rung,) * 4, (small, rung), 0)
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(ledger_table(ledger))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert len(lines) == 1 + 4 + 2 + 1
    assert "…" not in console.file.getvalue()
    assert lines[-1].split() == [
        *("total", "100,000", "4,938,268", "100%"),
        *("49,382", "h", "9,876,543", "98,765", "h"),
    ]
    assert rungs_text(ledger).startswith("100–200: 25%")


def test_one_architecture_is_no_row_and_an_empty_search_no_error() -> None:
    nothing = Cost("total", 0, 0, 0.0, 0, 0.0)
    ledger = Ledger("GPU-hours", nothing, (nothing,), (nothing,), 0)
    assert ledger_table(ledger).row_count == 2
    assert rungs_text(ledger) == ""


@pytest.mark.parametrize(
    ("audit", "text"),
    [
        (None, ""),
        (Audit(3, 0, 0, 0.0, 1.0), "3 condemned trials were let live, none has finished"),
        (Audit(7, 6, 0, 0.0, 0.39), "of 6 condemned trials let live, 0 would have won (95 %: 0.00 to 0.39)"),
    ],
)
def test_an_audit_in_words(audit: Audit | None, text: str) -> None:
    assert audit_text(audit) == text
