"""What `fit` promises: reports, exact continuation, isolation, determinism, and an end that is told at once."""

from __future__ import annotations

import itertools
import math
import pickle
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from search.plan.registry import Range
from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.architectures import architectures
from search.training.augmentations import augmentations
from search.training.augmentations.kinds import Colour, Drawn, Shape
from search.training.data import Data, load_data
from search.training.errors import CheckpointError, Diverged, SettingsError, TrainingError
from search.training.fit import fit
from search.training.losses import losses
from search.training.optimizers import optimizers
from search.training.report import Report
from search.training.schedules import schedules

MakeConfig = Callable[..., TrialConfig]

EVERYTHING_RANDOM: dict[str, Any] = {
    "dropout": 0.3,
    "block_dropout": 0.2,
    "augmentation__crop": 1,
    "augmentation__flip": True,
    "augmentation__rotation": 10.0,
    "augmentation__cutout": 2,
}


def exact(report: Report) -> dict[str, float]:
    """Return what must be equal bit for bit: all but the clock."""
    return {name: value for name, value in report.metrics.items() if name != "train/images_per_second"}


def same(first: Any, second: Any) -> bool:
    """Compare nested states, tensors bit for bit."""
    if isinstance(first, Tensor):
        return torch.equal(first, second)
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


def state(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = torch.load(path, weights_only=True)
    del document["seconds"]
    return document


def test_a_report_for_each_epoch_with_all_metrics(small: Data, config: MakeConfig) -> None:
    reports = list(fit(config(epochs=3), small, device="cpu"))
    assert [(r.step, r.epoch) for r in reports] == [(1, 1), (2, 2), (3, 3)]
    assert set(reports[0].metrics) == {
        *(f"val/{name}" for name in ("loss", "accuracy", "precision", "recall", "f1")),
        *(f"train/{name}" for name in ("loss", "accuracy", "learning_rate", "images_per_second")),
    }
    assert 0 < reports[0].seconds < reports[1].seconds < reports[2].seconds


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize(
    ("optimizer", "schedule"), list(zip(optimizers.names(), itertools.cycle(schedules.names()), strict=False))
)
def test_cut_and_continued_equals_uncut_bit_for_bit(
    *, optimizer: str, schedule: str, cut: int, small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    trial = config(optimizer=optimizer, schedule=schedule, epochs=3, gradient_clip=1.0, **EVERYTHING_RANDOM)
    uncut = fit(trial, small, device="cpu")
    expected = [exact(report) for report in uncut]
    uncut.save(tmp_path / "uncut")

    first = fit(trial, small, device="cpu")
    reports = [exact(next(first)) for _ in range(cut)]
    first.save(tmp_path / "cut")
    first.close()
    torch.manual_seed(123)  # whatever the other process did
    second = fit(trial, small, checkpoint=tmp_path / "cut", device="cpu")
    reports += [exact(report) for report in second]
    second.save(tmp_path / "continued")

    assert reports == expected
    assert same(state(tmp_path / "uncut"), state(tmp_path / "continued"))
    assert np.array_equal(uncut.predictions().logits, second.predictions().logits)


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("lenet5", "float32"),
        ("lenet5", "bfloat16"),
        ("resnet18", "float32"),
        pytest.param(
            "resnet18", "bfloat16", marks=pytest.mark.slow
        ),  # 39 s: the CPU has no such convolutions
    ],
)
def test_every_family_and_precision_continues_bit_for_bit(
    name: str, precision: str, small: Data, tmp_path: Path
) -> None:
    settings: dict[str, Value] = {
        "architecture": name,
        "dropout": 0.2,
        "batch_size": 45,
        "precision": precision,
    }
    trial = TrialConfig(settings, DataConfig("stripes"), epochs=2)
    expected = [exact(report) for report in fit(trial, small, device="cpu")]
    first = fit(trial, small, device="cpu")
    next(first)
    first.save(tmp_path / "cut")
    assert exact(next(fit(trial, small, checkpoint=tmp_path / "cut", device="cpu"))) == expected[1]


def test_an_evaluation_changes_nothing_that_a_checkpoint_holds(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    """Batch norm and dropout are in evaluation mode, and no random number is drawn."""
    first = fit(config(**EVERYTHING_RANDOM), small, device="cpu")
    next(first)
    first.save(tmp_path / "once")
    again = fit(config(**EVERYTHING_RANDOM), small, checkpoint=tmp_path / "once", device="cpu")
    again.predictions()  # evaluates anew
    again.save(tmp_path / "twice")
    assert same(state(tmp_path / "once"), state(tmp_path / "twice"))


def test_a_run_is_shared_so_its_files_have_the_rights_of_any_other(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    training = fit(config(), small, device="cpu")
    next(training)
    training.save(tmp_path / "checkpoint")
    training.predictions().save(tmp_path / "validation.npz")
    (tmp_path / "plain").touch()
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


def test_seconds_go_on_over_all_stints(small: Data, config: MakeConfig, tmp_path: Path) -> None:
    first = fit(config(epochs=2), small, device="cpu")
    before = next(first).seconds
    first.save(tmp_path / "cut")
    assert next(fit(config(epochs=2), small, checkpoint=tmp_path / "cut", device="cpu")).seconds > before


def test_a_finished_trial_continues_with_its_predictions_and_no_epoch(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    first = fit(config(epochs=2), small, device="cpu")
    list(first)
    first.save(tmp_path / "done")
    again = fit(config(epochs=2), small, checkpoint=tmp_path / "done", device="cpu")
    assert list(again) == []
    assert np.array_equal(again.predictions().logits, first.predictions().logits)
    assert again.predictions().step == 2


def test_trials_that_share_a_process_do_not_disturb_one_another(small: Data, config: MakeConfig) -> None:
    one, two = config(seed=1, **EVERYTHING_RANDOM), config(seed=2, **EVERYTHING_RANDOM)
    alone = [[exact(report) for report in fit(trial, small, device="cpu")] for trial in (one, two)]
    in_turns = list(zip(fit(one, small, device="cpu"), fit(two, small, device="cpu"), strict=True))
    assert [exact(report) for report, _ in in_turns] == alone[0]
    assert [exact(report) for _, report in in_turns] == alone[1]


def test_global_random_state_is_left_as_it_was(small: Data, config: MakeConfig) -> None:
    torch.manual_seed(7)
    before, numpy_before = torch.get_rng_state(), pickle.dumps(np.random.get_state())
    list(fit(config(**EVERYTHING_RANDOM), small, device="cpu"))
    assert torch.equal(torch.get_rng_state(), before)
    assert pickle.dumps(np.random.get_state()) == numpy_before


@pytest.mark.parametrize("seed", [-1, 0, 2**40])
def test_seeds_decide_the_curve(seed: int, small: Data, config: MakeConfig) -> None:
    trial = config(seed=seed, epochs=1)
    (first,), (second,) = fit(trial, small, device="cpu"), fit(trial, small, device="cpu")
    (other,) = fit(config(seed=seed + 1, epochs=1), small, device="cpu")
    assert exact(first) == exact(second)
    assert exact(first) != exact(other)


PROCESS = """
import warnings; warnings.simplefilter("error")
from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import load_data
from search.training.fit import fit
config = TrialConfig({"layers": 1, "width": 4, "augmentation.crop": 1}, DataConfig("digits"), epochs=2, seed=3)
for report in fit(config, load_data(config.data), device="cpu"):
    print(report.metrics["val/loss"].hex(), report.metrics["train/loss"].hex())
"""


def test_another_process_draws_the_same_curve() -> None:
    trial = TrialConfig(
        {"layers": 1, "width": 4, "augmentation.crop": 1}, DataConfig("digits"), epochs=2, seed=3
    )
    reports = fit(trial, load_data(trial.data), device="cpu")
    here = [[r.metrics["val/loss"].hex(), r.metrics["train/loss"].hex()] for r in reports]
    done = subprocess.run([sys.executable, "-c", PROCESS], capture_output=True, text=True, check=True)
    assert [line.split() for line in done.stdout.splitlines()] == here


def test_digits_are_learned() -> None:
    trial = TrialConfig({"layers": 2, "width": 16, "batch_size": 64}, DataConfig("digits"), epochs=8)
    last = list(fit(trial, load_data(trial.data), device="cpu"))[-1]
    assert last.metrics["val/accuracy"] >= 0.97
    assert last.metrics["train/loss"] < 0.1


def test_making_a_training_builds_nothing(small: Data, config: MakeConfig) -> None:
    training = fit(config(architecture="no such thing"), small, device="cpu")
    with pytest.raises(
        SettingsError, match=r"architecture is 'no such thing', expected one of the \d+ names"
    ):
        next(training)


def test_all_mistakes_of_a_configuration_are_told_at_once(small: Data, config: MakeConfig) -> None:
    with pytest.raises(SettingsError) as caught:
        next(fit(config(widht=4, dropout=1.5, momentum=-1.0), small, device="cpu"))
    for text in (
        "'widht': did you mean 'width'",
        "dropout is 1.5, expected a number from 0 to 0.95",
        "momentum is -1",
    ):
        assert text in str(caught.value)


def test_settings_left_out_take_their_defaults(small: Data) -> None:
    plain = TrialConfig({}, DataConfig("stripes"), epochs=1)
    spelt = TrialConfig(
        {"architecture": "cnn", "width": 32, "learning_rate": 0.1}, DataConfig("stripes"), epochs=1
    )
    (first,), (second,) = fit(plain, small, device="cpu"), fit(spelt, small, device="cpu")
    assert exact(first) == exact(second)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_training_in_its_batch(
    bad: float, small: Data, config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = itertools.count(1)

    def fails_in_batch_five(logits: Tensor, labels: Tensor, **_: object) -> Tensor:
        loss = nn.functional.cross_entropy(logits, labels)
        return loss * bad if next(calls) == 5 else loss

    entry = losses["cross_entropy"]
    monkeypatch.setitem(
        losses._entries, "cross_entropy", type(entry)("x", fails_in_batch_five, entry.settings)
    )
    training = fit(config(epochs=3), small, device="cpu")  # 3 batches an epoch
    next(training)
    with pytest.raises(Diverged) as caught:
        next(training)
    assert (caught.value.epoch, caught.value.batch) == (2, 2)
    assert f"{bad}" in caught.value.reason
    assert list(training) == []


def test_a_learning_rate_far_too_high_diverges(small: Data, config: MakeConfig) -> None:
    trial = config(
        learning_rate=100.0, batch_norm=False, batch_size=2, schedule="constant", activation="relu", epochs=20
    )
    with pytest.raises(Diverged, match=r"loss is (nan|inf)"):
        list(fit(trial, small, device="cpu"))


def test_a_validation_loss_that_is_not_finite_diverges_too(
    small: Data, config: MakeConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Breaks(nn.Module):
        def __init__(self, classes: int) -> None:
            super().__init__()
            self.layer = nn.Linear(64, classes)

        def forward(self, images: Tensor) -> Tensor:
            logits: Tensor = self.layer(images.flatten(1))
            return logits if self.training else logits * math.inf

    monkeypatch.setattr(architectures, "_entries", dict(architectures._entries))
    architectures.register("breaks")(lambda shape, classes: Breaks(classes))
    trial = TrialConfig({"architecture": "breaks"}, DataConfig("stripes"), epochs=1)
    with pytest.raises(Diverged, match="validation loss") as caught:
        next(fit(trial, small, device="cpu"))
    assert (caught.value.epoch, caught.value.batch) == (1, None)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.epoch, again.batch, str(again)) == (1, None, caught.value.reason)


def test_a_checkpoint_of_another_configuration_is_refused_with_the_difference(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    first = fit(config(), small, device="cpu")
    next(first)
    first.save(tmp_path / "checkpoint")
    for other, text in (
        (config(learning_rate=0.02), "learning_rate is 0.01 there and 0.02 here"),
        (config(seed=1), "seed is 0 there and 1 here"),
        (config(epochs=4), "epochs is 3 there and 4 here"),
    ):
        with pytest.raises(CheckpointError, match=text):
            next(fit(other, small, checkpoint=tmp_path / "checkpoint", device="cpu"))


def test_a_checkpoint_of_another_split_is_refused(small: Data, config: MakeConfig, tmp_path: Path) -> None:
    """It would be validated on images that it was trained on."""
    first = fit(config(), small, device="cpu")
    next(first)
    first.save(tmp_path / "checkpoint")
    swapped = replace(small, train=small.validation, validation=small.train)
    with pytest.raises(CheckpointError, match="other images of stripes"):
        next(fit(config(), swapped, checkpoint=tmp_path / "checkpoint", device="cpu"))


def test_a_checkpoint_of_a_model_that_has_changed_since_is_refused(
    small: Data, config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fit(config(), small, device="cpu")
    next(first)
    first.save(tmp_path / "checkpoint")
    entry = architectures["cnn"]
    monkeypatch.setitem(
        architectures._entries, "cnn", type(entry)("cnn", lambda *_, **__: nn.Linear(64, 3), entry.settings)
    )
    with pytest.raises(CheckpointError, match="does not fit its model"):
        next(fit(config(), small, checkpoint=tmp_path / "checkpoint", device="cpu"))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_damaged_or_missing_checkpoint_is_refused(
    share: float, small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    first = fit(config(), small, device="cpu")
    next(first)
    path = tmp_path / "checkpoint"
    first.save(path)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(CheckpointError, match="cannot be read"):
        next(fit(config(), small, checkpoint=path, device="cpu"))
    with pytest.raises(CheckpointError, match="does not exist"):
        next(fit(config(), small, checkpoint=tmp_path / "none", device="cpu"))


def test_a_checkpoint_with_code_in_it_is_refused(small: Data, config: MakeConfig, tmp_path: Path) -> None:
    torch.save({"format": 1, "config": print}, tmp_path / "evil")
    with pytest.raises(CheckpointError, match="cannot be read"):
        next(fit(config(), small, checkpoint=tmp_path / "evil", device="cpu"))


def test_a_save_that_fails_leaves_the_earlier_checkpoint(
    small: Data, config: MakeConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    training = fit(config(), small, device="cpu")
    next(training)
    path = tmp_path / "folder" / "checkpoint"
    training.save(path)
    before = path.read_bytes()
    next(training)

    def full_disk(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        training.save(path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_closing_ends_the_iterator_and_a_second_close_does_nothing(
    small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    with fit(config(), small, device="cpu") as training:
        next(training)
    training.close()
    assert list(training) == []
    for call in (training.predictions, lambda: training.save(tmp_path / "x")):
        with pytest.raises(TrainingError, match="closed"):
            call()


def test_predictions_are_those_of_the_last_epoch_and_of_the_validation_rows(
    small: Data, config: MakeConfig
) -> None:
    training = fit(config(epochs=2), small, device="cpu")
    with pytest.raises(TrainingError, match="first epoch"):
        training.predictions()
    for report in training:
        predictions = training.predictions()
        assert predictions.step == report.step
        assert predictions.logits.dtype == np.float16
        assert np.array_equal(predictions.indices, small.validation.indices)
        assert np.array_equal(predictions.labels, small.validation.read()[1])
        hits = (predictions.logits.argmax(axis=1) == predictions.labels).mean()
        assert hits == pytest.approx(report.metrics["val/accuracy"])


def test_learning_rate_follows_the_horizon_not_the_stop(small: Data, config: MakeConfig) -> None:
    rates = [
        r.metrics["train/learning_rate"]
        for r in fit(config(epochs=4, schedule="cosine"), small, device="cpu")
    ]
    steps = 4 * 3
    factor = schedules["cosine"].build
    assert rates == pytest.approx([0.01 * factor(3 * epoch - 1, steps) for epoch in range(1, 5)])


def test_running_training_metrics_are_those_of_the_batches_as_they_came(
    small: Data, config: MakeConfig
) -> None:
    """With a learning rate of 0 and no randomness in the model, an epoch is an evaluation of the training split."""
    still = {"learning_rate": 0.0, "batch_norm": False, "dropout": 0.0, "weight_decay": 0.0}
    inside = Data("same", small.classes, small.shape, small.train, small.train, small.mean, small.std)
    (report,) = fit(config(epochs=1, **still), inside, device="cpu")
    assert report.metrics["train/loss"] == pytest.approx(report.metrics["val/loss"], rel=1e-5)
    assert report.metrics["train/accuracy"] == report.metrics["val/accuracy"]


def test_gradient_clipping_bounds_the_step(small: Data, config: MakeConfig, tmp_path: Path) -> None:
    plain = {
        "momentum": 0.0,
        "weight_decay": 0.0,
        "schedule": "constant",
        "batch_size": 90,
        "learning_rate": 1.0,
    }
    training = fit(config(epochs=1, gradient_clip=0.01, **plain), small, device="cpu")
    training.save(tmp_path / "before")
    next(training)
    training.save(tmp_path / "after")
    before, after = state(tmp_path / "before")["model"], state(tmp_path / "after")["model"]
    moved = [after[name] - before[name] for name in before if "running" not in name and "num" not in name]
    assert torch.cat([change.flatten() for change in moved]).norm() == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize("channels_last", ["auto", True, False])
def test_memory_format_changes_rounding_only(channels_last: object, small: Data, config: MakeConfig) -> None:
    (report,) = fit(config(epochs=1, channels_last=channels_last), small, device="cpu")
    (reference,) = fit(config(epochs=1), small, device="cpu")
    assert report.metrics["val/loss"] == pytest.approx(reference.metrics["val/loss"], rel=1e-4)


def test_a_plugins_parts_train(small: Data, config: MakeConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    for registry in (architectures, augmentations):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))

    @architectures.register("perceptron")
    def perceptron(
        shape: tuple[int, int, int], classes: int, *, hidden: Annotated[int, Range(1, 64)] = 8
    ) -> nn.Module:
        return nn.Sequential(
            nn.Flatten(), nn.Linear(math.prod(shape), hidden), nn.ReLU(), nn.Linear(hidden, classes)
        )

    @augmentations.register("dim")
    @dataclass(frozen=True, kw_only=True)
    class Dim(Colour):
        dim: Annotated[float, Range(0, 1)] = 0.0

        def draw(self, count: int, shape: Shape, generator: torch.Generator) -> Drawn:
            return (torch.rand(count, 1, 1, 1, generator=generator),)

        def coloured(self, images: Tensor, drawn: Drawn) -> Tensor:
            return images * (1 - self.dim * drawn[0])

    settings: dict[str, Value] = {"architecture": "perceptron", "hidden": 16, "augmentation.dim": 0.2}
    reports = list(fit(TrialConfig(settings, DataConfig("stripes"), epochs=2), small, device="cpu"))
    assert len(reports) == 2
