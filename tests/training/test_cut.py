"""An epoch that is cut between two batches goes on, from a file, as if it had not been: bit for bit on the CPU."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data
from search.training.errors import Interrupted, TrainingError
from search.training.fit import fit
from search.training.optimizers import optimizers
from search.training.schedules import schedules
from search.training.step import Step
from tests.training.test_fit import EVERYTHING_RANDOM, exact, same, state

MakeConfig = Callable[..., TrialConfig]

EPOCHS, BATCHES = 3, 5
"""Of 90 images, 18 a batch."""

SETTINGS: dict[str, Value] = {
    "layers": 1,
    "width": 4,
    "dense_units": 8,
    "batch_size": 18,
    "gradient_clip": 1.0,
    **{name.replace("__", "."): value for name, value in EVERYTHING_RANDOM.items()},
}

PLACES = st.sets(st.integers(1, EPOCHS * (BATCHES - 1)), min_size=1, max_size=5)
"""After which batches a trial is cut, an epoch's last ones not counted: there it is not asked."""


def at(places: set[int]) -> Callable[[float], bool]:
    """Return a question that is answered with yes at these places, over all trainings that ask it."""
    count = itertools.count(1)
    return lambda _left: next(count) in places


def trained(
    trial: TrialConfig, data: Data, places: set[int], folder: Path
) -> tuple[Sequence[dict[str, float]], Path]:
    """Train to the end; wherever the trial is cut another training goes on from what the last one has saved."""
    path, cut = folder / "cut", at(places)
    training = fit(trial, data, device="cpu", cut=cut)
    reports: list[dict[str, float]] = []
    while True:
        try:
            reports.extend(exact(report) for report in training)
            break
        except Interrupted:
            training.save(path)
            training.close()
            torch.manual_seed(123)  # whatever the other process did
            training = fit(trial, data, checkpoint=path, device="cpu", cut=cut)
    assert len(reports) == EPOCHS
    training.save(folder / "end")
    return reports, folder / "end"


@settings(max_examples=20)
@given(
    places=PLACES,
    optimizer=st.sampled_from(sorted(optimizers.names())),
    schedule=st.sampled_from(sorted(schedules.names())),
    precision=st.sampled_from(["float32", "bfloat16"]),
)
def test_cut_anywhere_and_gone_on_with_equals_uncut_bit_for_bit(
    small: Data, places: set[int], optimizer: str, schedule: str, precision: str
) -> None:
    chosen = {**SETTINGS, "optimizer": optimizer, "schedule": schedule, "precision": precision}
    trial = TrialConfig(chosen, DataConfig("stripes"), epochs=EPOCHS)
    with tempfile.TemporaryDirectory() as folder:
        uncut = fit(trial, small, device="cpu")
        expected = [exact(report) for report in uncut]
        uncut.save(Path(folder, "uncut"))
        reports, end = trained(trial, small, places, Path(folder))
        assert reports == expected
        assert same(state(Path(folder, "uncut")), state(end))


def test_who_cuts_is_told_where_and_may_go_on_without_a_file(small: Data, config: MakeConfig) -> None:
    trial = config(batch_size=18, **EVERYTHING_RANDOM)
    expected = [exact(report) for report in fit(trial, small, device="cpu")]
    training = fit(trial, small, device="cpu", cut=at({6}))
    reports = [next(training)]
    with pytest.raises(Interrupted, match="epoch 2 was cut after batch 2 of 5") as caught:
        next(training)
    assert (caught.value.epoch, caught.value.batch, caught.value.batches) == (2, 2, 5)
    assert [exact(report) for report in [*reports, *training]] == expected


def test_nothing_is_said_of_a_model_in_the_middle_of_an_epoch(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    """A checkpoint from there would pass for that of the epoch before."""
    training = fit(config(batch_size=18), small, device="cpu", cut=at({6}))
    next(training)
    with pytest.raises(Interrupted):
        next(training)
    training.save(tmp_path / "cut")
    again = fit(config(batch_size=18), small, checkpoint=tmp_path / "cut", device="cpu")
    for one in (training, again):
        for call in (one.predictions, one.weights):
            with pytest.raises(TrainingError, match="epoch 2 was cut after batch 2"):
                call()
    next(again)
    assert again.predictions().step == 2


class Clock:
    """A clock that stands still but for batches, which take 1 s each."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made, step = Clock(), Step.__call__

    def one_second(*arguments: Any) -> Any:
        made.now += 1.0
        return step(*arguments)

    monkeypatch.setattr(Step, "__call__", one_second)
    monkeypatch.setattr("time.perf_counter", made)
    return made


def test_seconds_and_images_per_second_count_both_parts_of_an_epoch(
    clock: Clock, small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    trial = config(batch_size=18, epochs=1)
    first = fit(trial, small, device="cpu", cut=at({3}))
    with pytest.raises(Interrupted):
        next(first)
    first.save(tmp_path / "cut")
    clock.now += 1000.0
    report = next(fit(trial, small, checkpoint=tmp_path / "cut", device="cpu"))
    assert report.seconds == 5.0
    assert report.metrics["train/images_per_second"] == 90 / 5.0


@pytest.mark.usefixtures("clock")
def test_who_is_asked_hears_how_long_the_epoch_will_still_take(small: Data, config: MakeConfig) -> None:
    """30 images are validated, 1.67 batches of 18: they count as if they were trained on."""
    heard: list[float] = []

    def cut(left: float) -> bool:
        heard.append(left)
        return False

    list(fit(config(batch_size=18, epochs=1), small, device="cpu", cut=cut))
    assert heard == pytest.approx([batches + 30 / 18 for batches in (4, 3, 2, 1)])
