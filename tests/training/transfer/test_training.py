"""Pretrained trials: what they begin with, what learns when and how fast, and that they go on as they were."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torchvision import models

from search.plan.trial_config import DataConfig, TrialConfig, Value
from search.training.data import Data
from search.training.errors import SettingsError, WeightsError
from search.training.fit import fit
from search.training.learner import Learner
from search.training.parts import Parts
from tests.training.test_fit import exact, same, state

CPU = torch.device("cpu")

SMALL: dict[str, Value] = {
    "architecture": "cnn",
    "pretrained": True,
    "layers": 2,
    "width": 4,
    "dense_units": 8,
    "dropout": 0.0,
    "batch_size": 16,
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "momentum": 0.0,
    "weight_decay": 0.0,
    "schedule": "constant",
    "precision": "float32",
}
"""Four blocks: two convolutions, a dense layer, the head."""

BLOCKS = ("0.", "1.", "4.", "7.")
"""What the names of their parameters begin with in the network of `SMALL`."""


def trial(*, epochs: int = 1, seed: int = 0, **settings: Value) -> TrialConfig:
    return TrialConfig({**SMALL, **settings}, DataConfig("colours"), epochs=epochs, seed=seed)


@pytest.fixture
def weights(tmp_path: Path, colours: Data) -> str:
    """The state of such a CNN with 5 classes, before any training."""
    torch.manual_seed(3)
    parts = Parts.of({**SMALL, "pretrained": False})
    torch.save(parts.model(colours.shape, 5).state_dict(), tmp_path / "cnn.pt")
    return str(tmp_path / "cnn.pt")


Begun = tuple[str, Data]


@pytest.fixture
def begun(weights: str, colours: Data) -> Begun:
    """The weights, and the images that a trial goes on with."""
    return weights, colours


def inside(found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state of the network alone."""
    return {name.removeprefix("network."): t for name, t in found.items() if name.startswith("network.")}


def moved(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> set[str]:
    """Return which blocks have another state, statistics of norms included."""
    changed = [name for name in before if not torch.equal(before[name], after[name])]
    return {block for block in BLOCKS if any(name.startswith(block) for name in changed)}


def test_a_trial_begins_with_the_files_weights_and_a_head_of_its_own(weights: str, colours: Data) -> None:
    training = fit(trial(weights=weights), colours, device="cpu")
    given = torch.load(weights, weights_only=True)
    found = inside(training.weights())
    assert all(torch.equal(found[name], given[name]) for name in given if not name.startswith("7."))
    assert found["7.weight"].shape == (3, 8)
    assert training.origin().startswith("cnn.pt, SHA-256 ")


def test_a_published_network_says_of_images_what_torchvisions_own_says(
    resnet18_published: Path, colours: Data
) -> None:
    """Oracle: torchvision's network behind torchvision's preprocessing, up to the last layer."""
    config = trial(architecture="resnet18", weights="published")
    learner = Learner(config, colours, CPU)
    learner.begin()
    learner._model.eval()
    reference = models.resnet18()
    reference.load_state_dict(torch.load(resnet18_published, weights_only=True))
    reference.fc = learner._model.network.fc  # type: ignore[assignment, union-attr]
    preprocess = models.ResNet18_Weights.DEFAULT.transforms(resize_size=32)
    pixels = torch.from_numpy(colours.train.images[:6].copy()).permute(0, 3, 1, 2)
    square = torch.nn.functional.interpolate(pixels.float() / 255, (32, 32), mode="bilinear")
    with torch.inference_mode():
        found = learner._model(learner._batch_loss.normalize(pixels))
        expected = reference.eval()(preprocess(square))
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert learner.origin.startswith("ResNet18_Weights.DEFAULT: resnet18-")


@pytest.mark.parametrize(
    ("freeze", "expected"),
    [("none", set(BLOCKS)), ("head", {"7."}), ("last_block", {"4.", "7."}), ("gradual", {"7."})],
)
def test_only_what_the_policy_lets_learn_has_changed_after_an_epoch(
    freeze: str, expected: set[str], weights: str, colours: Data
) -> None:
    training = fit(trial(weights=weights, freeze=freeze), colours, device="cpu")
    before = inside(training.weights())
    next(training)
    assert moved(before, inside(training.weights())) == expected


@pytest.mark.parametrize(("every", "optimizer"), [(1, "sgd"), (2, "adamw")])
@pytest.mark.parametrize("again", [False, True])
def test_blocks_join_in_from_the_head_down_also_after_a_resume(
    every: int, optimizer: str, again: bool, begun: Begun, tmp_path: Path
) -> None:
    """Weight decay and momentum do not touch what is frozen either."""
    weights, colours = begun
    rates: dict[str, Value] = {"learning_rate": 0.01, "weight_decay": 0.1, "optimizer": optimizer}
    rates |= {"momentum": 0.9} if optimizer == "sgd" else {}
    config = trial(epochs=5, weights=weights, freeze="gradual", unfreeze_every=every, **rates)
    training = fit(config, colours, device="cpu")
    for epoch in range(5):
        before = inside(training.weights())
        next(training)
        assert moved(before, inside(training.weights())) == set(BLOCKS[-(1 + epoch // every) :])
        if again:
            training.save(tmp_path / "checkpoint")
            training = fit(config, colours, checkpoint=tmp_path / "checkpoint", device="cpu")


@pytest.mark.parametrize("freeze", ["none", "head", "gradual"])
def test_a_trial_that_was_cut_goes_on_bit_for_bit_without_the_file(
    freeze: str, weights: str, colours: Data, tmp_path: Path
) -> None:
    """Only the first start reads it."""
    settings: dict[str, Value] = {"freeze": freeze, "layer_decay": 0.7, "momentum": 0.9, "optimizer": "sgd"}
    config = trial(epochs=3, weights=weights, **settings)
    whole = fit(config, colours, device="cpu")
    expected = [exact(report) for report in whole]
    whole.save(tmp_path / "whole")
    first = fit(config, colours, device="cpu")
    reports = [exact(next(first))]
    first.save(tmp_path / "cut")
    origin = first.origin()
    Path(weights).unlink()
    second = fit(config, colours, checkpoint=tmp_path / "cut", device="cpu")
    reports += [exact(report) for report in second]
    second.save(tmp_path / "end")
    assert reports == expected
    assert same(state(tmp_path / "whole"), state(tmp_path / "end"))
    assert second.origin() == origin
    with pytest.raises(WeightsError, match="there are no weights"):
        next(fit(config, colours, device="cpu"))


def test_each_block_steps_by_its_own_rate(weights: str, colours: Data) -> None:
    """Oracle: plain SGD by hand, one batch, the rate halved from each block to the one below it."""
    config = trial(weights=weights, layer_decay=0.5, batch_size=32, channels_last=False)
    learner = Learner(config, colours, CPU)
    learner.begin()
    network = learner._model.network
    before = {name: p.detach().clone() for name, p in network.named_parameters()}  # type: ignore[union-attr]
    learner.train_epoch()
    gradients = {name: p.grad for name, p in network.named_parameters()}  # type: ignore[union-attr]
    for distance, block in enumerate(reversed(BLOCKS)):
        for name, parameter in network.named_parameters():  # type: ignore[union-attr]
            if name.startswith(block):
                expected = before[name] - 0.05 * 0.5**distance * gradients[name]
                torch.testing.assert_close(parameter.detach(), expected, rtol=1e-6, atol=1e-7)


def test_the_rate_that_is_told_is_the_heads(weights: str, colours: Data) -> None:
    report = next(fit(trial(weights=weights, layer_decay=0.3), colours, device="cpu"))
    assert report.metrics["train/learning_rate"] == 0.05


@pytest.mark.parametrize("around", [{"ema": 0.99}, {"test_time_flip": True}, {"normalization": "min_max"}])
def test_what_the_recipe_puts_around_a_network_begins_with_its_weights(
    around: dict[str, Value], weights: str, colours: Data
) -> None:
    """An average of weights that began with random ones would drag them along."""
    training = fit(trial(weights=weights, freeze="head", **around), colours, device="cpu")
    given = torch.load(weights, weights_only=True)
    found = {name.rpartition("network.")[2]: tensor for name, tensor in training.weights().items()}
    assert all(torch.equal(found[name], given[name]) for name in given if not name.startswith("7."))
    entrance = {
        name.rpartition("entrance.")[2]: t for name, t in training.weights().items() if "entrance" in name
    }
    assert torch.equal(entrance["scale"], torch.ones(3, 1, 1))
    next(training)
    after = {name.rpartition("network.")[2]: tensor for name, tensor in training.weights().items()}
    assert moved(found, after) == {"7."}


def test_weights_that_were_transferred_before_are_read_through_their_entrance(
    weights: str, colours: Data, tmp_path: Path
) -> None:
    training = fit(trial(weights=weights), colours, device="cpu")
    torch.save(training.weights(), tmp_path / "second.pt")
    again = inside(fit(trial(weights=str(tmp_path / "second.pt")), colours, device="cpu").weights())
    assert moved(inside(training.weights()), again) <= {"7."}


def test_what_cannot_begin_says_why(colours: Data) -> None:
    for settings, words in (
        ({"weights": "published"}, "there are no published weights of cnn"),
        ({"weights": "no.pt"}, "there are no weights no.pt"),
        ({"freeze": "all"}, "freeze is 'all', expected one of none, head, last_block, gradual"),
    ):
        with pytest.raises(SettingsError, match=words):
            next(fit(trial(**settings), colours, device="cpu"))
