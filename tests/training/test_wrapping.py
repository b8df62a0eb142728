"""What the recipe wraps around an architecture, and that it goes with the model: one logit, pixels, mirror images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from search.plan.trial_config import DataConfig, TrialConfig
from search.training.building import build_model
from search.training.data import Data, Split, load_data
from search.training.fit import fit
from search.training.mirrored import Mirrored
from search.training.normalization import Normalization
from search.training.one_logit import OneLogit
from search.training.parts import Parts
from search.training.randomness import Randomness

MakeConfig = Callable[..., TrialConfig]
CPU = torch.device("cpu")
TINY = {"layers": 1, "width": 4, "dense_units": 8}


def two_classes(data: Data) -> Data:
    """Return the images of the first two classes."""

    def kept(split: Split) -> Split:
        return replace(split, indices=split.indices[split.labels[split.indices] < 2])

    return Data(
        data.name, data.classes[:2], data.shape, kept(data.train), kept(data.validation), data.mean, data.std
    )


def built(data: Data, **settings: object) -> nn.Module:
    parts = Parts.of({**TINY, **settings})  # type: ignore[arg-type]
    return build_model(parts, data, Randomness(0, CPU), CPU).eval()


def test_two_classes_of_binary_cross_entropy_have_one_output_and_two_logits(small: Data) -> None:
    model = built(two_classes(small), loss="binary_cross_entropy")
    images = torch.randn(5, 1, 8, 8)
    logits = model(images)
    assert isinstance(model, OneLogit)
    assert model.model(images).shape == (5, 1)
    assert torch.equal(logits[:, 0], torch.zeros(5))
    torch.testing.assert_close(logits.softmax(dim=1)[:, 1], model.model(images)[:, 0].sigmoid())


def test_three_classes_or_another_loss_have_as_many_outputs_as_classes(small: Data) -> None:
    assert not isinstance(built(small, loss="binary_cross_entropy"), OneLogit)
    assert not isinstance(built(two_classes(small)), OneLogit)


def test_a_trial_of_one_logit_learns_and_its_predictions_are_those_of_two_classes(config: MakeConfig) -> None:
    """Zeros and ones of the digits."""
    data = two_classes(load_data(DataConfig("digits")))
    settings = {"width": 16, "dropout": 0.0, "optimizer": "adamw", "learning_rate": 0.02}
    training = fit(config(loss="binary_cross_entropy", epochs=4, **settings), data, device="cpu")
    *_, last = training
    predictions = training.predictions()
    assert predictions.logits.shape == (len(predictions.labels), 2)
    hits = (predictions.logits.argmax(axis=1) == predictions.labels).mean()
    assert hits == pytest.approx(last.metrics["val/accuracy"])
    assert hits > 0.95


@pytest.mark.parametrize(("normalization", "greatest"), [("min_max", 1.0), ("none", 255.0)])
def test_the_architecture_sees_pixels_on_the_scale_that_is_asked_for(
    normalization: str, greatest: float, small: Data
) -> None:
    """The wrapped model takes the standardised images that evaluation, bundles and servers make."""
    model = built(small, normalization=normalization)
    seen: list[Tensor] = []
    model.model.register_forward_pre_hook(lambda _module, inputs: seen.append(inputs[0]))
    pixels = torch.randint(0, 256, (4, 1, 8, 8), dtype=torch.uint8)
    model(Normalization(small, CPU, channels_last=True)(pixels))
    torch.testing.assert_close(seen[0], pixels * (greatest / 255), atol=greatest * 1e-6, rtol=1e-5)


def test_what_a_model_was_standardised_with_goes_with_its_weights(small: Data) -> None:
    """A bundle's model is built without images."""
    model = built(small, normalization="min_max")
    other = Parts.of({**TINY, "normalization": "min_max"}).model(small.shape, 3).eval()
    other.load_state_dict(model.state_dict())
    images = torch.randn(2, 1, 8, 8)
    torch.testing.assert_close(other(images), model(images))


def test_an_image_and_its_mirror_image_are_the_same_to_a_mirrored_model(small: Data) -> None:
    model = built(small, test_time_flip=True)
    images = torch.randn(3, 1, 8, 8)
    torch.testing.assert_close(model(images), model(images.flip(3)))
    torch.testing.assert_close(model(images), (model.model(images) + model.model(images.flip(3))) / 2)


def test_training_does_not_mirror(small: Data) -> None:
    model = Mirrored(nn.Flatten()).train()
    images = torch.randn(3, 1, 8, 8)
    assert torch.equal(model(images), images.flatten(1))


def test_a_flip_at_test_time_changes_what_is_said_and_nothing_that_is_learned(
    small: Data, config: MakeConfig
) -> None:
    plain, flipped = (fit(config(test_time_flip=on), small, device="cpu") for on in (False, True))
    for one, other in zip(plain, flipped, strict=True):
        assert one.metrics["train/loss"] == other.metrics["train/loss"]
        assert one.metrics["val/loss"] != other.metrics["val/loss"]
    assert not np.array_equal(plain.predictions().logits, flipped.predictions().logits)


def test_all_of_it_together_can_be_exported_to_a_graph(small: Data) -> None:
    model = built(two_classes(small), loss="binary_cross_entropy", normalization="none", test_time_flip=True)
    images = torch.randn(3, 1, 8, 8)
    graph = torch.export.export(model, (images,)).module()
    torch.testing.assert_close(graph(images), model(images))


def test_without_settings_nothing_is_wrapped_so_the_names_of_the_weights_stay(small: Data) -> None:
    trial = TrialConfig(dict(TINY), DataConfig("stripes"), epochs=1)
    architecture = Parts.of(trial.settings)._part("architecture")(small.shape, 3)
    with fit(trial, small, device="cpu") as training:
        assert training.weights().keys() == architecture.state_dict().keys()
