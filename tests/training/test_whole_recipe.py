"""The recipe's settings in a whole training: against a plain loop, off as if they were not there, and cut anywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data, load_data
from search.training.errors import Interrupted
from search.training.fit import fit
from search.training.learner import Learner
from search.training.optimizers import decay_groups
from search.training.parts import Parts
from search.training.randomness import Randomness
from search.training.schedules import schedules
from tests.training.test_fit import EVERYTHING_RANDOM, exact, same, state

MakeConfig = Callable[..., TrialConfig]
CPU = torch.device("cpu")

OFF: dict[str, Value] = {
    "accumulation": 1,
    "scale_learning_rate": False,
    "sampling": "shuffled",
    "class_weights": "none",
    "initialization": "default",
    "normalization": "standard",
    "ema": 0.0,
    "test_time_flip": False,
    "patience": 0,
    "watch": "loss",
    "compile": False,
}
"""Each new setting as it is where nobody names it."""

ON: dict[str, Value] = {
    "accumulation": 3,
    "scale_learning_rate": "sqrt",
    "sampling": "balanced",
    "class_weights": "balanced",
    "initialization": "orthogonal",
    "normalization": "min_max",
    "ema": 0.9,
    "test_time_flip": True,
    "patience": 50,
    "watch": "error",
    "loss": "focal",
    "schedule": "plateau",
    "plateau_epochs": 0,
}

PLAIN: dict[str, Value] = {
    "layers": 1,
    "width": 4,
    "dense_units": 8,
    "batch_norm": False,
    "dropout": 0.0,
    "block_dropout": 0.0,
    "batch_size": 300,
    "channels_last": False,
    "precision": "float32",
    "learning_rate": 0.05,
    "gradient_clip": 1.0,
}


def loop(trial: TrialConfig, data: Data, *, ema: float, factor: float) -> dict[str, Tensor]:
    """Train as anybody would write it: whole batches, SGD, a cosine, and an average by its formula."""
    parts, randomness = Parts.of(trial.settings), Randomness(trial.seed, CPU)
    with randomness.initial_weights():
        model = parts.model(data.shape, len(data.classes))
    settings = parts.settings
    groups = decay_groups(model.parameters(), float(settings["weight_decay"]))  # type: ignore[arg-type]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)
    images, labels = map(torch.from_numpy, data.train.read())
    shape = (1, -1, 1, 1)
    pixels = images.permute(0, 3, 1, 2).double() / 255
    pixels = (pixels - torch.tensor(data.mean).view(shape)) / torch.tensor(data.std).view(shape)
    average = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    sizes = parts.recipe.batches(len(images))
    steps = trial.epochs * len(sizes)
    for step in range(steps):
        if step % len(sizes) == 0:
            order = torch.randperm(len(images), generator=randomness.order).split(sizes)  # type: ignore[no-untyped-call]
        rows = order[step % len(sizes)]
        for group in optimizer.param_groups:
            group["lr"] = 0.05 * factor * schedules["cosine"].build(step, steps)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(pixels[rows].float()), labels[rows])
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        memory = min(ema, (2 + step) / (11 + step))
        for name, tensor in model.state_dict().items():
            average[name] = memory * average[name] + (1 - memory) * tensor
    return average


@pytest.mark.parametrize(
    ("settings", "ema", "factor"),
    [
        ({}, 0.0, 1.0),
        ({"accumulation": 4}, 0.0, 1.0),
        ({"ema": 0.8}, 0.8, 1.0),
        ({"ema": 0.95, "accumulation": 3, "scale_learning_rate": "linear"}, 0.95, 300 / 256),
    ],
    ids=["plain", "accumulation", "average", "all three"],
)
def test_weights_are_those_of_a_plain_loop(settings: dict[str, Value], ema: float, factor: float) -> None:
    """Without batch norm, which sees parts, accumulation is rounding only."""
    trial = TrialConfig({**PLAIN, **settings}, DataConfig("digits"), epochs=2)
    data = load_data(trial.data)
    training = fit(trial, data, device="cpu")
    list(training)
    expected = loop(trial, data, ema=ema, factor=factor)
    found = training.weights()
    assert found.keys() == expected.keys()
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name], rtol=1e-3, atol=1e-5, msg=name)


def test_what_is_off_is_as_if_it_were_not_there(small: Data, config: MakeConfig, tmp_path: Path) -> None:
    assert {name: Parts.of({}).settings[name] for name in OFF} == OFF
    spelt, silent = (
        fit(config(**s), small, device="cpu") for s in ({**OFF, **EVERYTHING_RANDOM}, EVERYTHING_RANDOM)
    )
    assert [exact(report) for report in spelt] == [exact(report) for report in silent]
    weights, others = spelt.weights(), silent.weights()
    assert same(weights, others)


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
@pytest.mark.parametrize("places", [{1, 4, 7}, {2}, {11}])
def test_with_everything_on_a_trial_cut_anywhere_equals_one_that_was_not(
    optimizer: str, places: set[int], small: Data, config: MakeConfig, tmp_path: Path
) -> None:
    """Of 90 images 18 a batch: asked 4 times an epoch, 3 epochs."""
    trial = config(**{**ON, **EVERYTHING_RANDOM, "optimizer": optimizer, "batch_size": 18})
    uncut = fit(trial, small, device="cpu")
    expected = [exact(report) for report in uncut]
    uncut.save(tmp_path / "uncut")
    asked = iter(range(1, 100))

    def cut(_left: float) -> bool:
        return next(asked) in places

    training, reports = fit(trial, small, device="cpu", cut=cut), []
    while len(reports) < 3:
        try:
            reports.append(exact(next(training)))
        except Interrupted:
            training.save(tmp_path / "cut")
            training = fit(trial, small, checkpoint=tmp_path / "cut", device="cpu", cut=cut)
    training.save(tmp_path / "end")
    assert reports == expected
    assert same(state(tmp_path / "uncut"), state(tmp_path / "end"))
    assert next(asked) > max(places)


def test_what_is_judged_and_kept_is_the_average(small: Data, config: MakeConfig, tmp_path: Path) -> None:
    """The checkpoint's model, of which exporters know, is the one that was evaluated."""
    training = fit(config(ema=0.9), small, device="cpu")
    list(training)
    training.save(tmp_path / "checkpoint")
    kept = state(tmp_path / "checkpoint")
    assert same(kept["model"], training.weights())
    assert not same(kept["model"], kept["trained"])
    plain = config()
    learner = Learner(plain, small, CPU)
    learner._model.load_state_dict(kept["model"])
    assert torch.equal(learner.evaluate().logits.half(), torch.from_numpy(training.predictions().logits))


def test_the_learning_rate_that_is_reported_is_the_scaled_one(small: Data, config: MakeConfig) -> None:
    def rate(**settings: Any) -> float:
        trial = config(batch_size=64, schedule="constant", learning_rate=0.02, epochs=1, **settings)
        return next(fit(trial, small, device="cpu")).metrics["train/learning_rate"]

    assert rate() == 0.02
    assert rate(scale_learning_rate="linear") == pytest.approx(0.02 / 4)
    assert rate(scale_learning_rate="sqrt") == pytest.approx(0.02 / 2)


def test_an_unbalanced_set_is_learned_with_either_remedy(small: Data, config: MakeConfig) -> None:
    """The loss that is reported is the one that is minimised; that of the validation images is always the plain one."""
    plain, sampled, weighed = (
        next(fit(config(epochs=1, **settings), small, device="cpu"))
        for settings in ({}, {"sampling": "balanced"}, {"class_weights": "balanced"})
    )
    assert len({report.metrics["val/loss"] for report in (plain, sampled, weighed)}) == 3
