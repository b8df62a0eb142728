"""The ledger adds up: every epoch, second and saved epoch is in exactly one rung and one architecture."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.runs.ledger import ledger
from search.runs.progress import progress
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, RungDecision, Status, Stint, TrialRecord

EPOCHS = 9
RUNGS = (1, 3)


def trial(
    number: int,
    status: Status,
    steps: int,
    *,
    each: float = 10.0,
    architecture: str | None = None,
    stopper: RungDecision | None = None,
    device: str = "cpu",
) -> TrialRecord:
    """Return a trial with a report an epoch, ``each`` seconds apart, that the scheduler kept up to its last rung."""
    reports = {}
    for step in range(1, steps + 1):
        rungs = (RungDecision(step, keep=True, cutoff=None, standing=1),) if step in RUNGS else ()
        reports[step] = RecordedReport(step, step, 0.5, each * step, 1, None, "continue", rungs)
    if stopper is not None:
        reports[steps] = RecordedReport(steps, steps, 0.5, each * steps, 1, None, "stop", (stopper,))
    point = {} if architecture is None else {"architecture": architecture}
    values = dict.fromkeys(reports, 0.5)
    return TrialRecord(number, status, point, reports, (Stint(1, 0.0, device=device),), values=values)


def lost(rung: int) -> RungDecision:
    return RungDecision(rung, keep=False, cutoff=0.6, standing=3)


def test_a_ledger_worked_out_by_hand() -> None:
    records = [
        trial(0, "completed", 9, each=20.0, architecture="cnn"),
        trial(1, "stopped", 3, each=40.0, architecture="resnet18", stopper=lost(3)),
        trial(2, "stopped", 1, each=10.0, architecture="cnn", stopper=lost(1)),
        trial(3, "running", 2, each=10.0, architecture="cnn"),
        TrialRecord(4, "rejected", {"architecture": "vgg"}, {}, (), reason="rejected: parameters"),
    ]
    found = ledger(records, epochs=EPOCHS)
    assert found.unit == "worker-hours"
    assert found.rejected == 1
    assert [row.name for row in found.rungs] == ["1–1", "2–3", "4–9"]
    assert [row.trials for row in found.rungs] == [4, 3, 1]
    assert [row.epochs for row in found.rungs] == [4, 5, 6]
    assert [row.hours * 3600 for row in found.rungs] == pytest.approx([80, 40 + 80 + 10, 120])
    assert [row.epochs_saved for row in found.rungs] == [0, 2, 6 + 6]
    assert [row.hours_saved * 3600 for row in found.rungs] == pytest.approx([0, 20, 6 * 40 + 6 * 10])
    cnn, resnet = found.architectures
    assert (cnn.name, cnn.trials, cnn.epochs, cnn.epochs_saved) == ("cnn", 3, 12, 8)
    assert (resnet.name, resnet.trials, resnet.epochs, resnet.epochs_saved) == ("resnet18", 1, 3, 6)
    assert (found.total.trials, found.total.epochs, found.total.epochs_saved) == (4, 15, 14)
    assert found.total.hours * 3600 == pytest.approx(330)


def test_time_between_two_reports_runs_evenly() -> None:
    """A trial that reports at its end only has spent its time in all the rungs that it passed."""
    last = RecordedReport(9, 9, 0.5, 90.0, 1, None, "continue")
    seen = trial(1, "running", 1)
    found = ledger([TrialRecord(0, "completed", {}, {9: last}, (), values={9: 0.5}), seen], epochs=EPOCHS)
    assert [row.hours * 3600 for row in found.rungs] == pytest.approx([10 + 10, 80])
    assert found.architectures == ()


@pytest.mark.parametrize(
    "decision",
    [
        None,
        RungDecision(3, keep=True, cutoff=None, standing=3),
        RungDecision(3, keep=False, cutoff=0.6, standing=3, audited=True),
        RungDecision(3, keep=False, cutoff=0.6, standing=3, front=True),
    ],
)
def test_whom_the_scheduler_did_not_stop_saves_nothing(decision: RungDecision | None) -> None:
    """A person's stop, also of a trial that was let live, is none of early stopping's merits."""
    assert ledger([trial(0, "stopped", 3, stopper=decision)], epochs=EPOCHS).total.epochs_saved == 0


def test_hours_on_gpus_count_the_share_that_a_trial_has() -> None:
    on_gpu = [trial(0, "completed", 9, each=400.0, device="NVIDIA H100")]
    assert ledger(on_gpu, epochs=EPOCHS).total.hours == pytest.approx(1.0)
    halves = ledger(on_gpu, epochs=EPOCHS, gpus=0.5)
    assert (halves.unit, halves.total.hours) == ("GPU-hours", pytest.approx(0.5))
    mixed = ledger([*on_gpu, trial(1, "completed", 9, each=400.0)], epochs=EPOCHS, gpus=0.5)
    assert (mixed.unit, mixed.total.hours) == ("worker-hours", pytest.approx(2.0))


def test_an_empty_search_has_an_empty_ledger() -> None:
    found = ledger([], epochs=EPOCHS)
    assert [(row.name, row.trials, row.epochs, row.hours) for row in found.rungs] == [("1–9", 0, 0, 0.0)]
    assert found.total.epochs == 0


@st.composite
def searches(draw: st.DrawFn) -> list[TrialRecord]:
    """Draw searches in which anything has happened; steps may pass the horizon, after an extension to fewer epochs."""
    records = []
    for number in range(draw(st.integers(0, 12))):
        status = draw(st.sampled_from(["running", "waiting", "completed", "stopped", "failed", "rejected"]))
        steps = 0 if status == "rejected" else draw(st.integers(0, EPOCHS + 3))
        stopper = lost(steps) if status == "stopped" and steps and draw(st.booleans()) else None
        each = draw(st.floats(0.01, 1000.0))
        architecture = draw(st.sampled_from([None, "cnn", "resnet18"]))
        records.append(
            trial(number, status, steps, each=each, architecture=architecture, stopper=stopper)  # type: ignore[arg-type]
        )
    return records


@given(searches())
def test_rungs_and_architectures_both_add_up_to_what_was_spent(records: list[TrialRecord]) -> None:
    found = ledger(records, epochs=EPOCHS)
    stands = progress(records, budget=12, epochs=EPOCHS, workers=1, scoring=Scoring())
    tables = [found.rungs] + ([found.architectures] if found.architectures else [])
    for rows in tables:
        for name in ("epochs", "hours", "epochs_saved", "hours_saved"):
            summed = sum(getattr(row, name) for row in rows)
            assert summed == pytest.approx(getattr(found.total, name))
    if found.architectures:
        assert sum(row.trials for row in found.architectures) == found.total.trials
    assert found.total.epochs == sum(len(record.values) for record in records) == stands.epochs_spent
    assert found.total.epochs_saved == stands.epochs_saved
    assert found.total.hours * 3600 == pytest.approx(stands.seconds_spent)
    assert found.total.hours_saved * 3600 == pytest.approx(stands.seconds_saved)
    assert found.rejected + stands.trials == len(records)
