"""The shipped spaces beyond their words: every corner can be built, and each published recipe trains a step."""

from __future__ import annotations

import math

import numpy as np
import pytest

from search.plan.model import Plan
from search.plan.plan import find_space, load_plan
from search.plan.trial_config import TrialConfig
from search.training.cost import cost
from search.training.data import Data, Split
from search.training.fit import fit
from search.tuning.corners import corners
from search.tuning.vocabulary import vocabulary

SHAPES = {"digits": (1, 8, 8), "mnist": (1, 28, 28)}
COLOR = (3, 32, 32)

LONG = ("densenet.yaml", "inception.yaml", "mobilenet.yaml", "resnet.yaml", "vgg.yaml")
"""Their corners take 3 to 20 CPU seconds to build."""

SPACES = ["cifar10_cnn.yaml", "lenet.yaml", "alexnet.yaml", "vgg.yaml", "densenet.yaml", "mobilenet.yaml",
          "inception.yaml", "architectures.yaml", "resnet.yaml"]  # fmt: skip


def shape_of(plan: Plan) -> tuple[int, int, int]:
    return SHAPES.get(plan.data.name, COLOR)


def images(plan: Plan) -> Data:
    """Return 6 images by chance, of the data set's size and of 3 classes."""
    channels, height, width = shape_of(plan)
    pixels = np.random.default_rng(0).integers(0, 256, (6, height, width, channels), dtype=np.uint8)
    labels = np.arange(6) % 3
    train, validation = (Split(pixels, labels, rows) for rows in (np.arange(4), np.arange(4, 6)))
    mean, std = (0.5,) * channels, (0.25,) * channels
    return Data("chance", tuple("abc"), (channels, height, width), train, validation, mean=mean, std=std)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in LONG else ()) for name in SPACES]
)
def test_every_corner_of_a_space_can_be_built(name: str) -> None:
    words = vocabulary()
    plan = load_plan(find_space(name), vocabulary=words)
    for point in corners(plan):
        config = plan.trial_config(point, seed=0, vocabulary=words)
        assert cost(config, shape_of(plan), 10).parameters > 0


@pytest.mark.parametrize("name", SPACES)
def test_each_published_recipe_trains_a_step(name: str) -> None:
    words = vocabulary()
    plan = load_plan(find_space(name), vocabulary=words)
    for start in plan.start:
        config = plan.trial_config(start, seed=0, vocabulary=words)
        one_epoch = TrialConfig(config.settings, config.data, epochs=1)
        (report,) = fit(one_epoch, images(plan), device="cpu")
        assert math.isfinite(report.metrics["train/loss"])
