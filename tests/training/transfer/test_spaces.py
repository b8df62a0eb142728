"""The spaces for transfer, for two classes and for ImageNet: right by the vocabulary, and trained for a step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.plan.domain import Choice
from search.plan.plan import Plan, find_space, load_plan
from search.training.data import load_data
from search.training.fit import fit
from search.training.transfer.published import published
from search.tuning.check import check
from search.tuning.vocabulary import vocabulary

SIDE = 32
"""Pixels, in place of 150 and 224: the test is of the spaces, not of the machine."""

SMALLER = {  # of the choices, those that are small; of what a trial holds, less
    "transfer": ["space.architecture=[resnet18]"],
    "cats_vs_dogs": [],
    "imagenet": [],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cats and dogs of noise, 24 to train and 8 to validate."""
    root, random = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for split, count in (("train", 12), ("val", 4)):
        for name in ("cats", "dogs"):
            (root / split / name).mkdir(parents=True)
            for index in range(count):
                pixels = random.integers(0, 256, (40, 50, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(root / split / name / f"{index}.png")
    return root


def plan_of(name: str, folder: Path) -> Plan:
    own = [f"data.dir={folder}", f"data.size={SIDE}", *SMALLER[name]]
    return load_plan(find_space(name), overrides=own, vocabulary=vocabulary())


@pytest.mark.usefixtures("resnet18_published")
@pytest.mark.parametrize(
    "name", ["transfer", "cats_vs_dogs", pytest.param("imagenet", marks=pytest.mark.slow)]
)
def test_a_space_is_in_order_and_its_first_recipe_trains(name: str, folder: Path) -> None:
    words, plan = vocabulary(), plan_of(name, folder)
    report = check(plan, words)
    assert report.classes == 2
    data = load_data(plan.data.config, directory=plan.data.folder)
    point = plan.space.walk(lambda name, _domain: plan.start[0][name])
    config = replace(plan.trial_config(point, seed=0, vocabulary=words), epochs=1)
    with fit(config, data, device="cpu") as training:
        metrics = next(training).metrics
        assert np.isfinite([metrics["train/loss"], metrics["val/loss"]]).all()
        assert bool(training.origin()) is (name == "transfer")


def test_each_network_of_the_transfer_space_has_weights_for_the_size_that_it_asks_for() -> None:
    """Of torchvision's own table."""
    plan = load_plan(find_space("transfer"), vocabulary=vocabulary())
    (domain,) = [each.domain for each in plan.space.parameters if each.name == "architecture"]
    assert isinstance(domain, Choice)
    found = {name: published(str(name)) for name in domain.options}
    assert {known.size for known in found.values() if known} == {plan.data.size}
    assert len({known.file for known in found.values() if known}) == len(domain.options) > 4


def test_each_policy_of_the_transfer_space_can_be_drawn(folder: Path) -> None:
    plan, rng = plan_of("transfer", folder), np.random.default_rng(0)
    points = [plan.space.sample(rng) for _ in range(40)]
    assert {point["freeze"] for point in points} == {"none", "head", "last_block", "gradual"}
    assert {point["augmentation"] for point in points} == {"standard", "imagenet", "rand"}
    assert all(("unfreeze_every" in point) == (point["freeze"] == "gradual") for point in points)
