"""A checkpoint in the middle of an epoch is never taken for an epoch's, and goes when it is not needed any more."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.cluster import bring, fetch_ssh
from search.runs.keeper import prune_checkpoints
from search.runs.layout import AttemptLayout, RunLayout
from search.runs.partials import Partials
from search.runs.ranking import Scoring
from search.runs.record import RecordedReport, Stint, TrialRecord
from search.runs.weights import Weights
from search.tuning.courier import INSIDE
from search.tuning.transport import checkpoints_of


@pytest.fixture
def layout(tmp_path: Path) -> RunLayout:
    return RunLayout(tmp_path / "run")


def write(attempt: AttemptLayout, *, steps: tuple[int, ...] = (), partial: int | None = None) -> None:
    attempt.folder.mkdir(parents=True, exist_ok=True)
    for step in steps:
        attempt.checkpoint(step).write_bytes(b"whole")
    if partial is not None:
        attempt.partial(partial).write_bytes(b"part")


def trial(*, step: int = 0, by: int = 1, attempt: int = 2) -> TrialRecord:
    """Return a trial whose last recorded epoch is of attempt ``by``, and whose next stint is ``attempt``."""
    path = f"trials/0/{by}/checkpoint-{step:05d}.pt"
    reports = {step: RecordedReport(step, step, 0.5, 1.0, by, path, "continue")} if step else {}
    stints = tuple(Stint(number, 0.0) for number in range(1, attempt + 1))
    return TrialRecord(0, "running", {}, reports, stints, values=dict.fromkeys(reports, 0.5))


@given(st.integers(0, 99_998))
def test_its_name_comes_between_those_of_its_epoch_and_the_next(step: int) -> None:
    attempt = AttemptLayout(Path("trials/0/1"))
    assert attempt.checkpoint(step).name < attempt.partial(step).name < attempt.checkpoint(step + 1).name


def test_it_is_weights_for_whoever_carries_files_and_no_checkpoint_for_anybody_else(
    layout: RunLayout,
) -> None:
    attempt = layout.trial(0).attempt(1)
    write(attempt, steps=(2, 3), partial=3)
    assert attempt.checkpoints() == [attempt.checkpoint(2), attempt.checkpoint(3)]
    assert checkpoints_of(layout, 0) == [layout.relative(path) for path in attempt.checkpoints()]
    assert attempt.partials() == [attempt.partial(3)]
    name = attempt.partial(3).name
    assert all(fnmatch(name, pattern) for pattern in (*bring.WEIGHTS, fetch_ssh.WEIGHTS))
    assert INSIDE.fullmatch(layout.relative(attempt.partial(3)))


@pytest.mark.parametrize("status", ["completed", "stopped", "failed"])
def test_it_goes_when_its_trial_has_ended(layout: RunLayout, status: str) -> None:
    attempt = layout.trial(0).attempt(1)
    write(attempt, steps=(3,), partial=3)
    write(layout.trial(0).attempt(2), partial=3)
    prune_checkpoints(layout, [replace(trial(step=3), status=status)], [0], Scoring())  # type: ignore[arg-type]
    assert [*attempt.partials(), *layout.trial(0).attempt(2).partials()] == []
    assert attempt.checkpoints() == ([attempt.checkpoint(3)] if status == "completed" else [])


def test_it_counts_among_the_weights(layout: RunLayout) -> None:
    write(layout.trial(0).attempt(1), steps=(2, 3), partial=3)
    weights = Weights(layout, 1000)
    weights.count([0])
    assert weights.used == len(b"whole") * 2 + len(b"part")


def test_a_trial_goes_on_from_the_last_one_of_its_epoch_and_the_others_go(layout: RunLayout) -> None:
    folder = layout.trial(0)
    for attempt, step in ((1, 2), (2, 3), (3, 3), (4, 2)):
        write(folder.attempt(attempt), partial=step)
    partials = Partials(layout)
    assert partials.of(trial(step=3, by=2, attempt=5)) == "trials/0/3/checkpoint-00003_partial.pt"
    left = [layout.relative(path) for attempt in folder.attempts() for path in attempt.partials()]
    assert left == ["trials/0/3/checkpoint-00003_partial.pt"]
    partials.finished(0)
    assert [path for attempt in folder.attempts() for path in attempt.partials()] == []
    assert partials.of(trial(step=4, by=5, attempt=6)) is None


def test_one_of_an_attempt_before_the_recorded_one_belongs_to_other_weights(layout: RunLayout) -> None:
    """Attempt 1 came to the middle of epoch 4, but its driver died before epoch 3 was recorded; 2 trained it again."""
    write(layout.trial(0).attempt(1), steps=(3,), partial=3)
    assert Partials(layout).of(trial(step=3, by=2, attempt=3)) is None
    assert layout.trial(0).attempt(1).partials() == []


def test_a_trial_without_an_epoch_goes_on_in_the_middle_of_its_first(layout: RunLayout) -> None:
    write(layout.trial(0).attempt(1), partial=0)
    assert Partials(layout).of(trial()) == "trials/0/1/checkpoint-00000_partial.pt"
    assert Partials(layout).of(replace(trial(), number=1)) is None


def test_a_workers_word_comes_before_what_a_network_file_system_shows(layout: RunLayout) -> None:
    """There the file may be seen half a minute after it was written."""
    partials, known = Partials(layout), trial(step=3)
    assert partials.of(known) is None
    partials.add(0, "trials/0/2/checkpoint-00003_partial.pt")
    assert partials.of(known) == "trials/0/2/checkpoint-00003_partial.pt"


def test_each_one_takes_the_place_of_the_one_before(layout: RunLayout) -> None:
    partials = Partials(layout)
    for attempt in (1, 2, 3):
        write(layout.trial(0).attempt(attempt), partial=0)
        partials.add(0, layout.relative(layout.trial(0).attempt(attempt).partial(0)))
    left = [path for attempt in layout.trial(0).attempts() for path in attempt.partials()]
    assert left == [layout.trial(0).attempt(3).partial(0)]
