"""A pretrained trial from search to bundle: on record with its weights, exported without them, itself to begin with."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import search
from search.plan.trial_config import TrialConfig
from search.runs.layout import RunLayout, write_text
from search.training.data import load_data
from search.training.errors import WeightsError
from search.training.fit import fit
from search.training.parts import Parts
from search.tuning.assignment import Assignment
from search.tuning.stint import StintRunner
from search.tuning.vocabulary import vocabulary
from search.winner.export import Exported, export
from tests.inprocess import Search, plan_in

SPACE = """\
name: transferred
data: {name: digits, validation: 0.2}
budget: {trials: 1, epochs: 2}
space:
  architecture: cnn
  layers: 2
  width: 4
  dense_units: 8
  pretrained: true
  weights: known.pt
  freeze: gradual
  input_size: images
"""


def write_weights(folder: Path) -> Path:
    """Write those of a CNN that knew 5 classes."""
    torch.manual_seed(1)
    parts = Parts.of({"layers": 2, "width": 4, "dense_units": 8})
    torch.save(parts.model((1, 8, 8), 5).state_dict(), folder / "known.pt")
    return folder / "known.pt"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished search, whose file of weights is gone by now."""
    made = tmp_path_factory.mktemp("transferred")
    write_weights(made)
    Search(plan_in(made, SPACE), made / "runs" / "transferred").go()
    (made / "known.pt").rename(made / "gone.pt")
    return made


@pytest.fixture(scope="module")
def exported(folder: Path) -> Exported:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        return export(search.open_run(folder / "runs" / "transferred"), names=["safetensors"])


def test_the_record_says_which_weights_a_trial_began_with(folder: Path) -> None:
    layout = RunLayout(folder / "runs" / "transferred")
    document = json.loads((layout.trial(0).folder / "trial.json").read_text())
    assert document["environment"]["weights"].startswith("known.pt, SHA-256 ")
    assert document["config"]["settings"]["weights"] == str(folder / "known.pt")


def test_a_later_stint_knows_it_without_the_file(tmp_path: Path) -> None:
    layout, weights = RunLayout(tmp_path / "run"), write_weights(tmp_path)
    plan = plan_in(tmp_path, SPACE)
    layout.root.mkdir()
    write_text(layout.plan, plan.to_yaml())
    config = plan.trial_config(plan.space.walk(lambda name, domain: None), seed=0, vocabulary=vocabulary())
    said = []
    for attempt, checkpoint in ((1, None), (2, "trials/0/1/checkpoint-00001.pt")):
        task = Assignment(str(layout.root), 0, attempt, config, checkpoint=checkpoint)
        with closing(StintRunner(task, device="cpu")) as runner:
            result = runner.step()
        assert (result.failure, result.epoch) == ("", attempt)
        said.append(json.loads(layout.trial(0).attempt(attempt).environment.read_text())["weights"])
        weights.unlink(missing_ok=True)
    assert said[0] == said[1]
    assert said[0].startswith("known.pt, SHA-256 ")


@pytest.mark.slow  # an export checks itself in a new process
def test_the_bundle_holds_all_that_the_model_needs(exported: Exported, folder: Path) -> None:
    """It was checked by `export` in a new process, where the file of weights was gone already."""
    card = exported.bundle.card.read_text()
    assert "It was pretrained on other images: cnn (known.pt, SHA-256 " in card
    assert "The weights go on from others: cnn (known.pt, SHA-256 " in card
    assert "trained from random numbers" not in card
    assert not (folder / "known.pt").exists()


@pytest.mark.slow
def test_the_recipe_needs_the_file_again_and_says_so(exported: Exported, folder: Path) -> None:
    recipe = search.load_recipe(exported.bundle.folder)
    with pytest.raises(WeightsError, match=f"there are no weights {folder}/known.pt"):
        recipe.train("digits", epochs=1, device="cpu")


@pytest.mark.slow
def test_a_bundle_is_weights_for_another_search(exported: Exported) -> None:
    """Its entrance and its images' figures are taken into account: the new network sees what the old one saw."""
    data = load_data(exported_config(exported).data)
    old = search.load(exported.bundle.folder)
    own = {"weights": str(exported.bundle.folder), "freeze": "head"}
    config = replace(exported_config(exported), settings={**exported_config(exported).settings, **own})
    training = fit(config, data, device="cpu")
    begun = training.weights()
    was = old.model.state_dict()
    assert all(torch.equal(begun[name], was[name]) for name in was if name.startswith("network.0"))
    torch.testing.assert_close(begun["entrance.scale"], was["entrance.scale"])
    torch.testing.assert_close(begun["entrance.shift"], was["entrance.shift"], rtol=0, atol=1e-6)


def exported_config(exported: Exported) -> TrialConfig:
    return search.load_recipe(exported.bundle.folder).config
