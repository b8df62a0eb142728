"""Which weights stay: the last ones of the best completed trials, whoever ends together with whom."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from search.plan.trial_config import DataConfig, TrialConfig
from search.runs.keeper import KEEP, document, prune_checkpoints
from search.runs.layout import RunLayout
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, Status, TrialRecord


def ended(layout: RunLayout, number: int, status: Status, value: float) -> TrialRecord:
    """Return a trial of one epoch with its weights on disk."""
    path = layout.trial(number).attempt(1).checkpoint(1)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    report = RecordedReport(1, 1, value, 1.0, 1, layout.relative(path), "stop")
    return TrialRecord(number, status, {}, {1: report}, (), values={1: value})


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(["completed", "stopped", "failed"]), st.floats(0, 1)), max_size=20),
    st.integers(1, 6),
)
def test_the_best_completed_keep_their_weights_however_many_end_between_two_looks(
    trials: list[tuple[Status, float]], together: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        layout = RunLayout(Path(folder))
        records: list[TrialRecord] = []
        for at in range(0, len(trials), together):
            some = list(enumerate(trials[at : at + together], start=at))
            records += [ended(layout, number, status, value) for number, (status, value) in some]
            prune_checkpoints(layout, records, [number for number, _ in some], Scoring())
        completed = sorted((-r.values[1], r.number) for r in records if r.status == "completed")
        there = {r.number for r in records if layout.trial(r.number).attempt(1).checkpoints()}
        assert there == {number for _, number in completed[:KEEP]}


def test_an_environment_that_a_power_cut_has_emptied_is_that_of_the_attempt_before(tmp_path: Path) -> None:
    layout = RunLayout(tmp_path)
    trial = layout.trial(0)
    for number in (1, 2):
        trial.attempt(number).folder.mkdir(parents=True)
        trial.attempt(number).environment.write_text(
            "" if number == 2 else '{"torch": "2.15"}', encoding="utf-8"
        )
    record = TrialRecord(0, "completed", {}, {}, ())
    said = document(trial, record, TrialConfig({}, DataConfig("digits"), 1, 0), {})
    assert said["environment"] == {"torch": "2.15"}
    trial.attempt(1).environment.unlink()
    assert document(trial, record, TrialConfig({}, DataConfig("digits"), 1, 0), {})["environment"] == {}
