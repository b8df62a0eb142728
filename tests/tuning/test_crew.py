"""Two processes train one trial: with the curve of one, from checkpoint to checkpoint, and none outlives its worker."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.runs.predictions import read_predictions
from search.training.data import load_data
from search.training.errors import DataError, Interrupted
from search.training.fit import fit
from search.training.report import Report
from search.tuning.assignment import Assignment
from search.tuning.crew import Crew
from search.tuning.crew_failure import CrewError
from search.tuning.machine_faults import MachineError
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(1200)

TINY: dict[str, Value] = {
    "architecture": "cnn",
    "layers": 1,
    "width": 4,
    "dense_units": 8,
    "dropout": 0.0,
    "batch_size": 100,
    "learning_rate": 0.01,
    "optimizer": "adamw",
    "augmentation.crop": 1,
    "augmentation.rotation": 10.0,
}

PLUGIN = '''
"""Networks that do on one process what they should not do."""

import os, signal, sys, time

import torch
from torch import nn

from search.training.architectures.registry import architectures


class Troubled(nn.Module):
    def __init__(self, pixels, classes, trouble):
        super().__init__()
        self.layer, self.trouble = nn.Linear(pixels, classes), trouble

    def forward(self, images):
        second = torch.distributed.is_initialized() and torch.distributed.get_rank() == 1
        if self.training and self.trouble == "memory" and second and len(images) > 30:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
        if self.training and self.trouble == "error" and second:
            raise ValueError("the second process does not like this")
        if self.training and self.trouble == "killed" and second:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.training and self.trouble == "slow":
            sys.modules["__main__"].SOON = 0.0  # any epoch is too long
            time.sleep(0.3)
        return self.layer(images.flatten(1))


def register(trouble):
    @architectures.register(f"trouble_{trouble}")
    def build(shape, classes):
        """Build a dense layer."""
        return Troubled(shape[0] * shape[1] * shape[2], classes, trouble)


for trouble in ("none", "memory", "error", "killed", "slow"):
    register(trouble)
'''


def config(epochs: int = 2, **settings: Value) -> TrialConfig:
    return TrialConfig({**TINY, **settings}, DataConfig(name="digits"), seed=3, epochs=epochs)


def troubled(plugin: Path, trouble: str, **settings: Value) -> TrialConfig:
    own = {"architecture": f"trouble_{trouble}", "batch_size": 100, "optimizer": "sgd", "learning_rate": 0.01}
    return replace(config(), settings={**own, **settings}, plugins=(str(plugin),))


def assigned(of: TrialConfig, **fields: Any) -> Assignment:
    return Assignment("nowhere", 0, 1, of, processes=2, **fields)


def alone(of: TrialConfig, checkpoint: Path | None = None) -> list[Report]:
    return list(fit(of, load_data(of.data), device="cpu", checkpoint=checkpoint))


def assert_same_curve(found: list[Report], expected: list[Report]) -> None:
    assert [report.epoch for report in found] == [report.epoch for report in expected]
    for one, other in zip(found, expected, strict=True):
        for name in ("train/loss", "val/loss"):
            assert one.metrics[name] == pytest.approx(other.metrics[name], rel=1e-4), (name, one.epoch)
        # A sum in another order moves an image that lies between two classes.
        assert one.metrics["train/accuracy"] == pytest.approx(other.metrics["train/accuracy"], abs=0.005)


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    """A crew that runs, for tests after which it still does."""
    made = Crew(2, threads=1)
    made.ask({"do": "close"})
    yield made
    made.close()


@pytest.fixture
def unlucky() -> Iterator[Crew]:
    """A crew of a test's own, which will not survive."""
    made = Crew(2, threads=1)
    yield made
    made.close()


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    path = tmp_path / "troubles.py"
    path.write_text(PLUGIN)
    return path


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"augmentation.mixup": 0.5, "augmentation.cutmix": 1.0, "ema": 0.9, "gradient_clip": 0.5},
        {"batch_size": 97, "accumulation": 3, "batch_norm": False, "sampling": "balanced"},
        pytest.param(
            {"batch_size": 2, "epochs": 1, "learning_rate": 1e-4, "activation": "tanh"},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["batch norm", "mixed, averaged and clipped", "in parts, balanced", "too small to share out"],
)
def test_two_processes_have_the_curve_of_one(crew: Crew, settings: dict[str, Any], tmp_path: Path) -> None:
    wanted = config(**settings)
    trainer = crew.open(assigned(wanted), log=tmp_path / "log")
    assert_same_curve([trainer.epoch() for _ in range(wanted.epochs)], alone(wanted))


def test_images_that_are_read_on_the_fly_are_shared_out(crew: Crew, tmp_path: Path) -> None:
    trainer = crew.open(assigned(config(), access="streamed"), log=tmp_path / "log")
    assert_same_curve([trainer.epoch() for _ in range(2)], alone(config()))


def test_one_goes_on_where_two_were_and_two_where_one_was(crew: Crew, tmp_path: Path) -> None:
    wanted, path = config(epochs=3), tmp_path / "checkpoint-1.pt"
    whole = alone(wanted)
    trainer = crew.open(assigned(wanted), log=tmp_path / "log")
    trainer.epoch()
    trainer.save(path)
    assert_same_curve(alone(wanted, path), whole[1:])
    again = crew.open(assigned(wanted), checkpoint=path, log=tmp_path / "log")
    assert_same_curve([again.epoch(), again.epoch()], whole[1:])


def test_the_leader_writes_what_all_have_found(crew: Crew, tmp_path: Path) -> None:
    wanted = config(epochs=1)
    trainer = crew.open(assigned(wanted, test=True), log=tmp_path / "log")
    trainer.epoch()
    trainer.predict(tmp_path / "validation.npz")
    trainer.predict(tmp_path / "test.npz", test=True)
    data = load_data(wanted.data)
    training = fit(wanted, data, device="cpu")
    next(training)
    found, expected = read_predictions(tmp_path / "validation.npz"), training.predictions()
    assert np.array_equal(found.indices, expected.indices)
    assert np.array_equal(found.labels, expected.labels)
    np.testing.assert_allclose(found.logits, expected.logits, atol=0.01)
    assert len(read_predictions(tmp_path / "test.npz").indices) > 0


def test_where_one_runs_out_of_memory_all_begin_anew_in_parts(
    unlucky: Crew, plugin: Path, tmp_path: Path
) -> None:
    """50 images do not fit into the second process, 25 do; the curve is that of as many parts from the beginning."""
    wanted = troubled(plugin, "memory")
    trainer = unlucky.open(assigned(wanted), plugins=[plugin], log=tmp_path / "log")
    found = [trainer.epoch() for _ in range(2)]
    assert trainer.shortage() == "batches of 100 are computed in 2 parts: they do not fit into memory"
    calm = unlucky.open(
        assigned(troubled(plugin, "none", accumulation=2)), plugins=[plugin], log=tmp_path / "log"
    )
    assert_same_curve(found, [calm.epoch(), calm.epoch()])
    assert "process 1: a step ran out of memory: OutOfMemoryError" in (tmp_path / "log").read_text()


@pytest.mark.slow
def test_what_one_process_says_is_the_reason(unlucky: Crew, plugin: Path, tmp_path: Path) -> None:
    trainer = unlucky.open(assigned(troubled(plugin, "error")), plugins=[plugin], log=tmp_path / "log")
    members = unlucky.pids
    with pytest.raises(CrewError, match=r"^ValueError: the second process does not like this$"):
        trainer.epoch()
    assert not any(map(psutil.pid_exists, members))
    assert "Traceback" in (tmp_path / "log").read_text()
    elsewhere = replace(config(), data=DataConfig(name="image_folder"))
    with pytest.raises(DataError, match="no_such_folder"):
        unlucky.open(assigned(elsewhere, data_dir=str(tmp_path / "no_such_folder")), log=tmp_path / "log")


@pytest.mark.slow
def test_a_process_that_is_killed_takes_the_others_with_it(
    unlucky: Crew, plugin: Path, tmp_path: Path
) -> None:
    trainer = unlucky.open(assigned(troubled(plugin, "killed")), plugins=[plugin], log=tmp_path / "log")
    members = unlucky.pids
    reason = "process 1 of those that train the trial was ended by signal 9"
    with pytest.raises(MachineError, match=reason):
        trainer.epoch()
    assert not any(map(psutil.pid_exists, members))


@pytest.mark.slow
def test_a_trial_that_is_over_is_left_in_peace_where_a_process_has_died(
    unlucky: Crew, tmp_path: Path
) -> None:
    """The next trial has processes of its own."""
    trainer = unlucky.open(assigned(config(epochs=1)), log=tmp_path / "log")
    trainer.epoch()
    os.kill(unlucky.pids[1], signal.SIGKILL)
    trainer.close()
    assert not unlucky.pids
    assert unlucky.open(assigned(config(epochs=1)), log=tmp_path / "log").epoch().epoch == 1


@pytest.mark.slow
def test_an_epoch_is_cut_for_all_and_goes_on(unlucky: Crew, plugin: Path, tmp_path: Path) -> None:
    wanted, path = troubled(plugin, "slow"), tmp_path / "partial.pt"
    trainer = unlucky.open(assigned(wanted), plugins=[plugin], cut=lambda left: True, log=tmp_path / "log")
    with pytest.raises(Interrupted) as cut:
        trainer.epoch()
    assert cut.value.epoch == 1
    trainer.save(path)
    again = unlucky.open(assigned(wanted), plugins=[plugin], checkpoint=path, log=tmp_path / "log")
    found = [again.epoch(), again.epoch()]
    calm = unlucky.open(assigned(troubled(plugin, "none")), plugins=[plugin], log=tmp_path / "log")
    assert_same_curve(found, [calm.epoch(), calm.epoch()])


WORKER = """
import sys, time
from pathlib import Path
from search.tuning.assignment import Assignment
from search.tuning.crew import Crew

crew = Crew(2, threads=1)
crew.ask({"do": "close"})
print(*crew.pids, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_no_process_outlives_its_worker(tmp_path: Path) -> None:
    worker = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WORKER)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert worker.stdout is not None
    with worker.stdout as said:
        members = [*map(int, said.readline().split())]
    assert len(members) == 2
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    wait_until(lambda: not any(map(psutil.pid_exists, members)), what="both processes end")
