"""A trial with auxiliary classifiers from search to bundle: they are in its checkpoint, and nowhere behind it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors import safe_open

import search
from search.runs.layout import RunLayout
from search.runs.run import Run
from search.training.auxiliary import is_auxiliary
from search.training.normalization import Normalization
from search.winner.candidate import choose, load
from search.winner.export import export
from search.winner.of_trial import classifier_of
from tests.inprocess import Search, plan_in

SPACE = """\
name: auxiliary
data: {{name: image_folder, validation: 0.3, dir: {images}}}
budget: {{trials: 1, epochs: 1}}
space: {{architecture: googlenet, auxiliary: 0.3, batch_size: 21, channels_last: false}}
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished search over 30 images of 8×8 pixels in 3 classes."""
    folder = tmp_path_factory.mktemp("auxiliary")
    random = np.random.default_rng(0)
    for place in range(30):
        (folder / "images" / str(place % 3)).mkdir(parents=True, exist_ok=True)
        pixels = random.integers(0, 256, (8, 8), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / "images" / str(place % 3) / f"{place}.png")
    space = SPACE.format(images=folder / "images")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WINNOW_CACHE", str(folder / "cache"))
        Search(plan_in(folder, space), folder / "runs" / "auxiliary").go()
    return search.open_run(folder / "runs" / "auxiliary")


def test_a_trials_classifier_says_without_them_what_was_recorded(run: Run) -> None:
    path = next(RunLayout(run.layout.root).trial(0).folder.rglob("checkpoint-*.pt"))
    assert any(map(is_auxiliary, torch.load(path, weights_only=True)["model"]))
    found, trained = classifier_of(run), load(run, choose(run))
    assert not any(map(is_auxiliary, found.classifier.model.state_dict()))
    normalize = Normalization(found.data, torch.device("cpu"), channels_last=False)
    pixels = torch.from_numpy(found.data.validation.read()[0]).permute(0, 3, 1, 2)
    with torch.inference_mode():
        said = found.classifier.model(normalize(pixels))
    recorded = torch.from_numpy(trained.predictions.logits).float()
    torch.testing.assert_close(said, recorded, rtol=1e-2, atol=1e-2)


@pytest.mark.slow  # an export checks itself in a new process
def test_a_bundle_and_a_recipes_training_hold_none(run: Run, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        bundle = export(run, names=["safetensors"]).bundle
    arrays = np.zeros((12, 8, 8), dtype=np.uint8), np.arange(12) % 3
    search.load_recipe(bundle.folder).train(
        arrays, epochs=1, out=tmp_path / "again", validation=0.5, device="cpu"
    )
    for folder in (bundle.folder, tmp_path / "again"):
        with safe_open(folder / "model.safetensors", "pt") as file:
            assert not any(map(is_auxiliary, file.keys()))
        assert search.load(folder).model.training is False
