"""What is shown fits a terminal of 80 columns and says what happened."""

from __future__ import annotations

import io
import json
import math

import pytest
from rich.console import Console, RenderableType

from search.console import Reporter, print_json
from search.display import Display, display_of, duration, headway_display, live_view, plain_line
from search.runs.account import Account
from search.runs.forecast import Forecast, Prospect
from search.runs.ledger import ledger
from search.runs.progress import Progress, progress
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, RungDecision, TrialRecord
from search.runs.snapshot import Snapshot
from search.training.data.headway import Headway


@pytest.fixture
def records() -> list[TrialRecord]:
    point = {f"a_rather_long_parameter_name_{n}": 0.123456789 for n in range(6)}
    done = RecordedReport(9, 9, 0.98765, 30.0, 1, None, "stop")
    lost = RungDecision(1, keep=False, cutoff=0.6, standing=3)
    stopped = RecordedReport(1, 1, 0.5, 3.0, 1, None, "stop", (lost,))
    return [
        TrialRecord(0, "completed", point, {9: done}, (), values={9: 0.98765}),
        TrialRecord(1, "stopped", point, {1: stopped}, (), values={1: 0.5}),
        TrialRecord(2, "failed", point, {}, (), reason="the loss became NaN"),
    ]


@pytest.fixture
def stands(records: list[TrialRecord]) -> Progress:
    return progress(records, budget=12, epochs=9, workers=2, scoring=Scoring())


@pytest.fixture
def account(records: list[TrialRecord]) -> Account:
    ahead = Prospect(3600.0, 12.0, 0.00081, 0.0, 0.00312, 0.4)
    return Account(ledger(records, epochs=9), Forecast(40, ahead, None, 0.0061, 288))


def shown(what: RenderableType) -> str:
    """Return what a terminal of 80 columns shows, words a space apart; nothing may be wider."""
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None)
    console.print(what)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    return " ".join(" ".join(lines).split())


def test_the_live_display_fits_80_columns(stands: Progress, account: Account) -> None:
    name = "a-run-with-a-name-of-some-length"
    text = shown(
        live_view(
            display_of(name, "val/accuracy", stands, account, images_per_second=12345.6, elapsed=4000.0)
        )
    )
    assert "3 of 12 trials" in text
    assert "completed 1 stopped 1 failed 1" in text
    assert "12,346 images/s" in text
    assert "rejected" not in text
    assert "10 trained, 8 saved by early stopping (44%, about 24 s)" in text
    assert "1–1: 20% 2–9: 80%" in text
    assert "outlook better by 0.0008 (90 %: 0 to 0.0031) in another 1.0 h" in text
    assert "unlikely to show: one standard error on 288 images is 0.0061" in text
    assert "val/accuracy 0.9877, trial 0 at epoch 9" in text


def test_the_live_display_says_nothing_of_what_it_cannot_know_and_counts_rejected_trials(
    records: list[TrialRecord],
) -> None:
    records.append(TrialRecord(3, "rejected", {}, {}, (), reason="rejected: parameters"))
    stands = progress(records, budget=12, epochs=9, workers=2, scoring=Scoring())
    early = Account(ledger([], epochs=9), Forecast(0))
    text = shown(
        live_view(display_of("run", "val/accuracy", stands, early, images_per_second=1.0, elapsed=1.0))
    )
    assert "3 of 12 trials" in text
    assert "failed 1 rejected 1" in text
    assert "outlook" not in text


def test_a_line_for_logs(stands: Progress) -> None:
    assert plain_line("val/accuracy", stands, 100.0) == (
        "3 of 12 trials (1 completed, 1 failed, 1 stopped); 100 images/s; 8 epochs saved; "
        "best val/accuracy 0.9877 (trial 0)"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0.0 s"), (3.21, "3.2 s"), (59.94, "59.9 s"), (59.96, "0:01:00"), (3661, "1:01:01")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_json_has_no_nan_which_json_lacks(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(event="x", inner={"a": [math.nan, 1.5]}, worst=-math.inf)
    assert json.loads(capsys.readouterr().out) == {"event": "x", "inner": {"a": [None, 1.5]}, "worst": None}


def test_machines_get_json_lines_and_nothing_else(
    stands: Progress, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    reporter = Reporter("run", "val/accuracy", as_json=True)
    with reporter.showing():
        reporter.say("a word")
        reporter.show(Snapshot(stands, account, images_per_second=1.0, elapsed=2.0))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines] == ["message", "progress"]
    assert lines[1]["best"]["trial"] == 0
    assert lines[1]["failures"] == {"the loss became NaN": 1}
    assert lines[1]["ledger"]["total"]["epochs"] == lines[1]["epochs_spent"] == 10
    assert lines[1]["forecast"]["advice"] == "stop"


def test_what_another_machine_draws_is_what_would_be_drawn_here(
    stands: Progress, account: Account, capsys: pytest.CaptureFixture[str]
) -> None:
    here = display_of("run", "val/accuracy", stands, account, images_per_second=1.0, elapsed=2.0)
    reporter = Reporter("run", "val/accuracy", as_json=True)
    with reporter.showing():
        reporter.show(Snapshot(stands, account, images_per_second=1.0, elapsed=2.0))
    told = Display.from_json(json.loads(capsys.readouterr().out)["display"])
    assert told == here
    assert shown(live_view(told)) == shown(live_view(here))


def test_a_long_decoding_is_seen_before_the_search() -> None:
    """ImageNet's images in a run with a long name, at 80 columns."""
    decoding = Headway("decoding", 320_000, 1_281_167, 1000.0)
    text = shown(live_view(headway_display("a-run-with-a-name-of-some-length", decoding)))
    assert "320,000 of 1,281,167 images" in text
    assert "decoding 1,281,167 images, once on this machine; about 0:50:04 left" in text


def test_a_log_has_a_line_of_the_decoding_at_its_beginning_and_at_its_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    reporter = Reporter("run", "val/accuracy", as_json=False)
    with reporter.showing():
        for done in (100, 200, 300, 400):
            reporter.headway(Headway("looking at", done, 400, done / 100))
        for done in (200, 400):
            reporter.headway(Headway("decoding", done, 400, done / 10))
    assert capsys.readouterr().out.splitlines() == [
        "looking at 400 images, once on this machine; about 3.0 s left",
        "looking at 400 images took 4.0 s",
        "decoding 400 images, once on this machine; about 20.0 s left",
        "decoding 400 images took 40.0 s",
    ]
