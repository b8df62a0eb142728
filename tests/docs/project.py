"""The folder that the pages speak of: a finished search, its winner's bundle and some images, under all their names."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from search import ensemble, export
from tests.dashboard.real_run import real_run
from tests.docs.pages import REPOSITORY
from tests.winner.drawn import digits

SPACE = """\
name: digits
data: {name: digits, validation: 0.2}
budget: {trials: 9, epochs: 2}
scheduler: none
start:
  - {learning_rate: 1e-4}
  - {learning_rate: 1.1e-4}
  - {learning_rate: 1.2e-4}
  - {learning_rate: 1.3e-4}
  - {learning_rate: 0.01}
  - {learning_rate: 0.011}
  - {learning_rate: 0.012}
  - {learning_rate: 0.013}
  - {learning_rate: 0.014}
space:
  architecture: cnn
  layers: 1
  width: 8
  dense_units: 8
  batch_size: 32
  optimizer: adam
  learning_rate: {low: 1e-4, high: 0.1, log: true}
"""
"""The best five trials keep their weights, and 7, which the pages export, is one of them."""

RUNS = ("runs/resnet", "runs/mnist", "RUN")
BUNDLES = ("BUNDLE", "model", "runs/mnist/winner/trial-1")
SPACES = ("resnet.yaml", "mine.yaml")


def make_project(folder: Path) -> None:
    """Make all that the pages speak of."""
    real_run(folder, SPACE)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("OMP_NUM_THREADS", "1")
        assert ensemble.main(["runs/digits"]) == 0
        assert export.main(["runs/digits", "--out", "best", "--format", "onnx"]) == 0
    for name in RUNS:
        shutil.copytree(folder / "runs/digits", folder / name)
    for name in BUNDLES:
        shutil.copytree(folder / "best", folder / name)
    for name in SPACES:
        (folder / name).write_text(
            SPACE.replace("name: digits", f"name: {Path(name).stem}", 1), encoding="utf-8"
        )
    (folder / "ray_results").mkdir()
    (folder / "cluster.yaml").write_text(_filled(REPOSITORY / "cluster.yaml"), encoding="utf-8")
    (folder / ".winnow-token").write_text("a-token-for-the-tests-of-the-pages\n", encoding="utf-8")
    _draw(folder)


def _filled(cluster: Path) -> str:
    """Return the cluster file as `search.check --fill` leaves it."""
    text = cluster.read_text(encoding="utf-8")
    return text.replace("ami-EDIT", "ami-0123456789abcdef0").replace("sg-EDIT", "sg-0123456789abcdef0")


def _draw(folder: Path) -> None:
    """Write single images, and a folder of them for each of two classes."""
    images, labels = digits().validation.read()
    for name, place in (("seven.png", 3), ("nine.png", 40), ("nine.jpg", 40), ("photo.jpg", 5)):
        Image.fromarray(images[place, :, :, 0]).save(folder / name)
    for label in (0, 1):
        (folder / "photos" / str(label)).mkdir(parents=True)
        for place, image in enumerate(images[labels == label][:12]):
            Image.fromarray(image[:, :, 0]).save(folder / "photos" / str(label) / f"{place}.png")
